package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/cmd/example/nodes"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// errInterrupted is the error of a run that a signal ended early.
var errInterrupted = errors.New("interrupted")

// run is the program. It prints results to stdout and what it passed over to
// stderr.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) error {
	c, err := parse(stderr, args)
	if err != nil {
		return err
	}
	out := &output{w: stdout}
	if c.replicated {
		return demonstrate(ctx, out, c.nodes)
	}
	files, err := open[file](c.engine)
	if err != nil {
		return err
	}
	defer files.Close()
	var listener net.Listener
	if c.http != "" { // before the tree is read, which may take long
		if listener, err = net.Listen("tcp", c.http); err != nil {
			return err
		}
		defer listener.Close()
	}
	if err := read(ctx, files, c.dir, stderr); err != nil {
		return err
	}
	if listener == nil {
		if err := tour(ctx, out, c, files); err != nil {
			return err
		}
		return out.err
	}
	fmt.Fprintf(out, "serving %d files' metadata on http://%s/ and the debug page at %s until interrupted\n",
		files.Len(), listener.Addr(), debugPath)
	if out.err != nil {
		return out.err
	}
	return serve(ctx, listener, withDebugPage(files, handler(files)))
}

// demonstrate shows a replicated store. Whatever a signal made fail is reported as an
// interruption.
func demonstrate(ctx context.Context, out *output, c nodes.Settings) error {
	err := nodes.Run(ctx, out, c)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return out.err
}

// open opens a store of the named engine: the one place that knows which.
func open[V any](engine string) (lastmodstore.Store[string, V], error) {
	switch engine {
	case "actor":
		return actor.New[string, V](time.Minute, lastmodstore.CountReads()), nil
	case "mutexstore":
		return mutexstore.New[string, V](time.Minute, lastmodstore.CountReads()), nil
	}
	return nil, fmt.Errorf("unknown engine %q: use actor or mutexstore", engine)
}

// An output remembers the first error, such as a full disk.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (n int, err error) {
	if o.err == nil {
		n, o.err = o.w.Write(p)
	}
	return n, o.err
}
