//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A mutant is a small fault, as a patch.
type mutant struct {
	name, path   string
	breaks, like string
	files        []string  // that it changes
	verdicts     []verdict // one for each check
}

type verdict struct {
	check        string
	caught, hung bool
	after        time.Duration
}

func (v verdict) String() string {
	if v.hung {
		return v.check + ": hangs"
	}
	return fmt.Sprintf("%s: %.1f s", v.check, v.after.Seconds())
}

// read reads a patch and what its first lines say of it.
func read(path string) (mutant, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return mutant{}, err
	}
	abs, err := filepath.Abs(path)
	m := mutant{name: strings.TrimSuffix(filepath.Base(path), ".patch"), path: abs}
	head, diff, _ := strings.Cut(string(text), "\n\n")
	for line := range strings.Lines(head) {
		if is, ok := strings.CutPrefix(line, "breaks: "); ok {
			m.breaks = strings.TrimSpace(is)
		} else if is, ok := strings.CutPrefix(line, "like: "); ok {
			m.like = strings.TrimSpace(is)
		}
	}
	for line := range strings.Lines(diff) {
		if file, ok := strings.CutPrefix(line, "+++ b/"); ok {
			m.files = append(m.files, strings.TrimSpace(file))
		}
	}
	if m.breaks == "" {
		return m, fmt.Errorf("%s does not begin with a line \"breaks: ...\"", path)
	}
	return m, err
}

func (m *mutant) dead() bool {
	for _, v := range m.verdicts {
		if v.caught {
			return true
		}
	}
	return false
}

// killers are the checks that noticed.
func (m *mutant) killers() string {
	var all []string
	for _, v := range m.verdicts {
		if v.caught {
			all = append(all, v.String())
		}
	}
	if len(all) == 0 {
		return "SURVIVES"
	}
	return strings.Join(all, ", ")
}

const begin, end = "<!-- mutants: written by make mutants -->\n", "<!-- end of mutants -->\n"

// writeReport writes the table between its marks on the page.
func writeReport(path string, mutants []mutant) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q to write between", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(begin)
	b.WriteString("| mutant | what it breaks | seen in | caught by |\n|---|---|---|---|\n")
	for _, m := range mutants {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.name, m.breaks, m.like, m.killers())
	}
	b.WriteString(end)
	b.Write(after)
	return os.WriteFile(path, b.Bytes(), 0o644)
}
