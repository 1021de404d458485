// Command hits prints the hit ratios of eviction policies and of caches on traces, as
// the table of docs/hits.md. Run it in cmd/compare: go run ./hits
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Stdout, os.Stderr, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "hits:", err)
		os.Exit(2)
	}
}

func run(stdout, stderr io.Writer, args []string) error {
	f := flag.NewFlagSet("hits", flag.ContinueOnError)
	f.SetOutput(stderr)
	only := f.String("trace", "", "only traces whose names contain `text`")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	real, err := stores("mutexstore", "otter", "theine", "golang-lru")
	if err != nil {
		return err
	}
	traces, err := glimpse(500, 1000)
	if err != nil {
		return err
	}
	traces = slices.DeleteFunc(append(generated(), traces...), func(t trace) bool { return !strings.Contains(t.name, *only) })
	if len(traces) == 0 {
		return fmt.Errorf("no trace's name contains %q", *only)
	}
	return table(stdout, append(policies(), real...), traces)
}

// table prints a row for each trace.
func table(w io.Writer, columns []column, traces []trace) error {
	fmt.Fprint(w, "| trace | capacity |")
	for _, c := range columns {
		fmt.Fprintf(w, " %s |", c.name)
	}
	fmt.Fprintf(w, "\n|---|---:|%s\n", strings.Repeat("---:|", len(columns)))
	for _, t := range traces {
		fmt.Fprintf(w, "| %s | %d |", t.name, t.capacity)
		for _, c := range columns {
			hits, err := ratio(c, t)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, " %.1f |", hits)
		}
		fmt.Fprintln(w)
	}
	return nil
}
