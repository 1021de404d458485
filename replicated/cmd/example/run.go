package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

const usage = `Shows a replicated store at work: opens three nodes of a store on a cluster of
three servers, which are processes of this program, lets all nodes write, kills
the leader of the log meanwhile, and checks that nothing was lost. With -nats it
does the same on servers that run already, and kills none of them; its keys
expire after a quarter of an hour.

  example [-duration D]
  example -nats URL -name NAME [-replicas 1|3|5] [-duration D]

URL may be a list, separated by commas. The exit status is 0, 130 if interrupted
before the end, otherwise 1.

`

// errInterrupted is the error of a run that a signal ended early.
var errInterrupted = errors.New("interrupted")

// settings are the command line.
type settings struct {
	nats, name string
	replicas   int
	duration   time.Duration
}

// ownName is the name of the store on servers of this program.
const ownName = "example"

func parse(stderr io.Writer, args []string) (settings, error) {
	var c settings
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by main
	flags.StringVar(&c.nats, "nats", "", "the `URL` of NATS servers with JetStream to use, instead of starting some")
	flags.StringVar(&c.name, "name", "", "with -nats, the `name` of the store to join or create")
	flags.IntVar(&c.replicas, "replicas", 3, "on how many servers the log of a new store is kept: 1, 3 or 5")
	flags.DurationVar(&c.duration, "duration", 3*time.Second, "how long the nodes write, without the election of a new leader")
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
		return c, fmt.Errorf("unexpected argument %q (-h lists the flags)", flags.Arg(0))
	}
	return c, c.check()
}

func (c *settings) check() error {
	switch {
	case c.nats != "" && c.name == "":
		return errors.New("-nats needs -name, the store to join or create")
	case c.nats == "" && c.name != "":
		return errors.New("-name needs -nats, the servers that hold the store")
	case c.replicas != 1 && c.replicas != 3 && c.replicas != 5:
		return fmt.Errorf("-replicas %d: use 1, 3 or 5", c.replicas)
	case c.nats == "" && c.replicas != 3:
		return errors.New("-replicas needs -nats: this program starts three servers")
	case c.duration <= 0 || c.duration > 5*time.Minute:
		return fmt.Errorf("-duration %v: use more than 0 and at most 5m", c.duration)
	}
	return nil
}

// run is the program. Whatever a signal made fail is reported as an interruption.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) error {
	c, err := parse(stderr, args)
	if err != nil {
		return err
	}
	out := &output{w: stdout}
	err = demonstrate(ctx, out, c)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return out.err
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
