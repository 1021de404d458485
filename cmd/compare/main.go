// Command compare measures the engines of lastmodstore, simple designs and
// third-party caches. Run it by make compare.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func main() {
	signal.Ignore(os.Interrupt) // a server ends with this program, which finishes its trial first
	servertest.Main()           // the program is also a server of the workload replicated
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
	switch {
	case err == errHelp:
		return ok
	case err != nil:
		return complain(stderr, err, misused)
	case o.from != "":
		return o.show(stdout, stderr)
	case o.list:
		listAll(stdout)
		return ok
	}
	return o.measure(ctx, stdout, stderr, args)
}

// complain prints err, each of its lines after the program's name, and returns code.
func complain(stderr io.Writer, err error, code int) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "compare: %s\n", strings.TrimSuffix(line, "\n"))
	}
	return code
}
