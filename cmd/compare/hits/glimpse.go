package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/ristretto/v2/sim"
)

// glimpse is the trace glimpse of the LIRS paper, for caches of the given capacities:
// the blocks that a text search reads. Ristretto's module has a copy.
func glimpse(capacities ...int) ([]trace, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/dgraph-io/ristretto/v2").Output()
	if err != nil {
		return nil, fmt.Errorf("the trace glimpse is a file of a module; run this program in cmd/compare: %w", err)
	}
	keys, err := recorded(filepath.Join(strings.TrimSpace(string(dir)), "sim", "gli.lirs.gz"))
	var traces []trace
	for _, c := range capacities {
		traces = append(traces, trace{name: "LIRS glimpse", capacity: c, keys: keys})
	}
	return traces, err
}

// recorded reads a compressed trace in the format of the LIRS paper.
func recorded(path string) (keys []uint32, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	for next := sim.NewReader(sim.ParseLIRS, lines); ; {
		key, err := next()
		if errors.Is(err, sim.ErrDone) {
			return keys, nil
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, uint32(key))
	}
}
