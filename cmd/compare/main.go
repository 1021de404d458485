// Command compare measures the engines of lastmodstore, simple designs and
// third-party caches. Run it by make compare.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends it at once
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args))
}

// Exit codes.
const (
	ok          = 0
	failed      = 1
	misused     = 2
	interrupted = 130
)

// run is the program. It returns the exit code.
func run(ctx context.Context, stdout, stderr *os.File, args []string) int {
	o, err := parse(stdout, args[1:])
	if err == errHelp {
		return ok
	}
	if err == nil {
		err = o.outputs.reserve()
	}
	if err != nil {
		fmt.Fprintf(stderr, "compare: %v\n", err)
		return misused
	}
	defer o.outputs.discard()
	r, err := o.obtain(ctx, stderr, args)
	if err == nil {
		err = o.outputs.write(stdout, r)
	}
	switch {
	case err != nil && o.from != "" && r == nil:
		fmt.Fprintf(stderr, "compare: %v\n", err)
		return misused
	case err != nil:
		fmt.Fprintf(stderr, "compare: %v\n", err)
		return failed
	case r.Interrupted:
		return interrupted
	}
	return ok
}
