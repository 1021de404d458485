// Command docs writes what the pages of docs/ quote from the committed result of
// compare: figures, tables and charts. Run it with make docs; quote.go explains
// how a page asks for a figure.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	write := flag.Bool("write", false, "write the pages and charts, instead of reporting what is out of date")
	top := flag.String("top", "../..", "the root `directory` of the repository")
	flag.Parse()
	if err := run(*top, *write); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(top string, write bool) error {
	files, err := generate(top)
	if err != nil {
		return err
	}
	stale := 0
	for _, f := range files {
		switch {
		case !f.changed:
		case write:
			if err := os.WriteFile(f.path, f.content, 0o644); err != nil {
				return err
			}
			fmt.Println("wrote", f.path)
		default:
			stale++
			fmt.Fprintln(os.Stderr, f.path, "is not what the committed result says")
		}
	}
	if stale > 0 {
		return fmt.Errorf("%d files are out of date: run make docs", stale)
	}
	return nil
}
