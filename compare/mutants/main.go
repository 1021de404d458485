//go:build unix

// Command mutants shows that the checks catch faults: it applies each patch of
// compare/testdata/mutants to a copy of the tree, runs the checks there, and
// writes down which of them noticed and how fast. Run it by make mutants.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

func main() {
	only := flag.String("only", "*", "the mutants to try, as patterns of file names without .patch, separated by commas")
	report := flag.String("report", "docs/testing.md", "the page whose table is rewritten when all mutants are tried; empty for none")
	all := flag.Bool("all", false, "run every check of each mutant, not only until one notices")
	race := flag.Bool("race", true, "run the race detector on what nothing else has noticed")
	workers := flag.Int("workers", 2, "how many mutants are tried at a time")
	flag.Parse()
	if *only != "*" || !*race {
		*report = ""
	}
	if err := run(*only, *report, *workers, *all, *race); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(only, report string, workers int, all, race bool) error {
	if _, err := os.Stat("go.mod"); err != nil {
		return fmt.Errorf("run it at the top of the repository: %w", err)
	}
	var paths []string
	for pattern := range strings.SplitSeq(only, ",") {
		some, err := filepath.Glob(filepath.Join("compare/testdata/mutants", pattern+".patch"))
		if err != nil || len(some) == 0 {
			return fmt.Errorf("no patch matches %q", pattern)
		}
		paths = append(paths, some...)
	}
	mutants := make([]mutant, len(paths))
	var err error
	for i, path := range paths {
		if mutants[i], err = read(path); err != nil {
			return err
		}
	}
	if err := tryAll(mutants, workers, all, race); err != nil {
		return err
	}
	if report != "" {
		if err := writeReport(report, mutants); err != nil {
			return err
		}
	}
	for _, m := range mutants {
		if !m.dead() {
			err = fmt.Errorf("%s survives: add the check that is missing", m.name)
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return err
}

// tryAll fills in the verdicts. Each worker has a copy of the tree.
func tryAll(mutants []mutant, workers int, all, race bool) error {
	healthy, err := newControl()
	if err != nil {
		return err
	}
	defer healthy.close()
	next := make(chan *mutant)
	failed := make(chan error, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			lab, err := newLab()
			if err != nil {
				failed <- err
				return
			}
			defer lab.close()
			for m := range next {
				if err := lab.try(m, all, race, healthy); err != nil {
					failed <- fmt.Errorf("%s: %w", m.name, err)
					return
				}
				fmt.Printf("%-28s %s\n", m.name, m.killers())
			}
		})
	}
	start := time.Now()
	for i := range mutants {
		select {
		case next <- &mutants[i]:
		case err := <-failed:
			return err
		}
	}
	close(next)
	wg.Wait()
	fmt.Printf("%d mutants in %v\n", len(mutants), time.Since(start).Round(time.Second))
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
