package main

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/lastmodstore/lastmodstore/cmd/example/nodes"
)

const usage = `A tour of lastmodstore on real input: reads a directory tree, keeps each
file's size and content hash under its path with the file's own modification
time, and shows what the store can do.

  example [-dir PATH] [-engine actor|mutexstore]

PATH may be a symbolic link; links inside the tree are not followed, and .git is
left out. With -http it serves the tree's metadata as JSON instead, until
interrupted, and at /debug/store/ a page that shows the store.

  example -http ADDR [-dir PATH] [-engine actor|mutexstore]

With -replicated it shows a replicated store at work: opens three nodes of a
store on a cluster of three servers, which are processes of this program, lets
all nodes write, kills the leader of the log meanwhile, and checks that nothing
was lost. With -nats it does the same on servers that run already, and kills none
of them; its keys expire after a quarter of an hour. URL may be a list, separated
by commas.

  example -replicated [-duration D]
  example -replicated -nats URL -name NAME [-replicas 1|3|5] [-duration D]

The exit status is 0, 130 if interrupted before the end, otherwise 1.

`

// settings are the command line.
type settings struct {
	dir, engine, http string
	replicated        bool
	nodes             nodes.Settings
}

func parse(stderr io.Writer, args []string) (settings, error) {
	var c settings
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by main
	flags.StringVar(&c.dir, "dir", ".", "the directory to read")
	flags.StringVar(&c.engine, "engine", "actor", "the store's engine: actor or mutexstore")
	flags.StringVar(&c.http, "http", "", "serve the metadata on this address, such as localhost:8080")
	flags.BoolVar(&c.replicated, "replicated", false, "show a replicated store at work")
	ofNodes := c.nodes.Flags()
	ofNodes.VisitAll(func(f *flag.Flag) { flags.Var(f.Value, f.Name, f.Usage) })
	err := flags.Parse(args)
	switch {
	case err == flag.ErrHelp:
		fmt.Fprint(stderr, usage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return c, err
	case err != nil:
		return c, fmt.Errorf("%s (-h lists the flags)", strings.ReplaceAll(err.Error(), "\n", " "))
	case flags.NArg() > 0:
		return c, fmt.Errorf("unexpected argument %q: name the directory by -dir", flags.Arg(0))
	}
	return c, c.check(flags, ofNodes)
}

// check returns an error if the flags that were set do not go together.
func (c *settings) check(flags, ofNodes *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		switch isOfNodes := ofNodes.Lookup(f.Name) != nil; {
		case f.Name == "replicated":
		case isOfNodes && !c.replicated:
			err = fmt.Errorf("-%s needs -replicated", f.Name)
		case !isOfNodes && c.replicated:
			err = fmt.Errorf("-%s cannot be used with -replicated", f.Name)
		}
	})
	if err == nil && c.replicated {
		err = c.nodes.Check()
	}
	return err
}
