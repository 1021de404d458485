//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// A patch that no longer applies shows nothing.
func TestEveryMutantCanBeMade(t *testing.T) {
	paths, err := filepath.Glob("../testdata/mutants/*.patch")
	if err != nil || len(paths) == 0 {
		t.Fatal("no patches:", err)
	}
	for _, path := range paths {
		m, err := read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		check := exec.Command("git", "apply", "--check", m.path)
		check.Dir = "../.."
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: remake it: %s", m.name, out)
		}
	}
}
