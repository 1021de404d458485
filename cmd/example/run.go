package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

const usage = `A tour of lastmodstore on real input: reads a directory tree, keeps each
file's size and content hash under its path with the file's own modification
time, and shows what the store can tell. With -http it serves the tree's
metadata as JSON instead.

  example [-dir PATH] [-engine actor|mutex] [-http ADDR]

`

// settings are the command line.
type settings struct{ dir, engine, http string }

func parse(stderr io.Writer, args []string) (settings, error) {
	var c settings
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by main
	flags.StringVar(&c.dir, "dir", ".", "the directory to read")
	flags.StringVar(&c.engine, "engine", "actor", "the store's engine: actor or mutex")
	flags.StringVar(&c.http, "http", "", "serve the metadata on this address, such as localhost:8080")
	err := flags.Parse(args)
	if err == flag.ErrHelp {
		fmt.Fprint(stderr, usage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return c, err
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q: name the directory by -dir", flags.Arg(0))
	}
	return c, err
}

// run is the program: what it prints goes to stdout, what it passed over to
// stderr, and what ended it is the error.
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
	if err := read(files, c.dir, stderr); err != nil {
		return err
	}
	if c.http != "" {
		return serve(ctx, stdout, c.http, files)
	}
	return tour(stdout, c, files)
}

// open opens a store of the named engine: the one place that knows which.
func open[V any](engine string) (lastmodstore.Store[string, V], error) {
	switch engine {
	case "actor":
		return actor.New[string, V](time.Minute, lastmodstore.CountReads()), nil
	case "mutex":
		return mutexstore.New[string, V](time.Minute, lastmodstore.CountReads()), nil
	}
	return nil, fmt.Errorf("unknown engine %q: use actor or mutex", engine)
}
