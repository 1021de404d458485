// Command example is a tour of lastmodstore on the files of a directory. With -http it is
// a small server of their metadata, with the debug page, and with -replicated it shows a
// replicated store at work.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func main() {
	servertest.Main() // the servers of -replicated are processes of this program, so that one can be killed
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "example:", err)
	}
	os.Exit(exitStatus(err))
}

func exitStatus(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errInterrupted):
		return 130 // as a shell reports Ctrl-C
	}
	return 1
}
