package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

const usage = `A tour of lastmodstore on real input: reads a directory tree, keeps each
file's size and content hash under its path with the file's own modification
time, and shows what the store can do. With -http it serves the tree's metadata
as JSON instead, until interrupted.

  example [-dir PATH] [-engine actor|mutexstore] [-http ADDR]

PATH may be a symbolic link; links inside the tree are not followed, and .git is
left out. The exit status is 0, 130 if interrupted before the end, otherwise 1.

`

// errInterrupted is the error of a run that a signal ended early.
var errInterrupted = errors.New("interrupted")

// settings are the command line.
type settings struct{ dir, engine, http string }

func parse(stderr io.Writer, args []string) (settings, error) {
	var c settings
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by main
	flags.StringVar(&c.dir, "dir", ".", "the directory to read")
	flags.StringVar(&c.engine, "engine", "actor", "the store's engine: actor or mutexstore")
	flags.StringVar(&c.http, "http", "", "serve the metadata on this address, such as localhost:8080")
	err := flags.Parse(args)
	switch {
	case err == flag.ErrHelp:
		fmt.Fprint(stderr, usage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
	case err != nil:
		err = fmt.Errorf("%w (-h lists the flags)", err)
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q: name the directory by -dir", flags.Arg(0))
	}
	return c, err
}

// run is the program. It prints results to stdout and what it passed over to
// stderr.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) error {
	c, err := parse(stderr, args)
	if err != nil {
		return err
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
	out := &output{w: stdout}
	if listener == nil {
		if err := tour(ctx, out, c, files); err != nil {
			return err
		}
		return out.err
	}
	fmt.Fprintf(out, "serving %d files' metadata on http://%s/ until interrupted\n", files.Len(), listener.Addr())
	if out.err != nil {
		return out.err
	}
	return serve(ctx, listener, handler(files))
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
