package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// listAll lists what can be measured.
func listAll(w io.Writer) {
	var engines []result.Implementation
	for _, c := range implementation.All() {
		engines = append(engines, c.Implementation)
	}
	printList(w, engines, workload.Names())
}

// printList lists what -engines and -workloads can name.
func printList(w io.Writer, engines []result.Implementation, workloads []string) {
	about := map[string]string{}
	for _, known := range workload.All() {
		about[known.Name] = known.About
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "engines:")
	for _, c := range engines {
		fmt.Fprintf(t, "  %s\t%s %s\t%s\n", c.Name, c.Kind, c.Version, c.About)
	}
	fmt.Fprintln(t, "workloads:")
	for _, name := range workloads {
		fmt.Fprintf(t, "  %s\t\t%s\n", name, about[name])
	}
	t.Flush()
}
