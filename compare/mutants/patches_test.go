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

// The test files that a check builds must hold all helpers that they use.
func TestTheTestFilesOfEachCheckCompile(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	for _, c := range checks {
		if c.files == "" {
			continue
		}
		if err := c.hideTests(root, overlay); err != nil {
			t.Fatal(err)
		}
		vet := exec.Command("go", "vet", "-overlay", overlay, "./"+c.pkg)
		vet.Dir = root
		if out, err := vet.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
}
