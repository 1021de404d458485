package linear

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/lastmodstore/lastmodstore"
)

// Check records one history of a store that open opens, closes the store, and
// returns an error if the history is not linearizable. Unless pictures is "", it is
// the directory for a picture of such a history, which the error then names.
func Check(open func(cleanupInterval time.Duration) lastmodstore.Store[string, int], seed uint64, pictures string) error {
	interval := []time.Duration{0, 20 * time.Microsecond}[seed%2]
	s := open(interval)
	history := Record(s, seed, 4, 10, seed%3 == 0)
	if err := s.Close(); err != nil {
		return err
	}
	result, draw := check(history)
	if result == porcupine.Ok {
		return nil
	}
	err := fmt.Errorf("history of seed %d: not linearizable", seed)
	if result == porcupine.Unknown {
		err = fmt.Errorf("history of seed %d: the search for an order did not end within %v", seed, patience)
	}
	if pictures == "" {
		return err
	}
	path := filepath.Join(pictures, fmt.Sprintf("history-%d.html", seed))
	return errors.Join(fmt.Errorf("%w; see %s", err, path), draw(path))
}

// patience is how long the search for an order may take. A history that has one
// takes a fraction of a millisecond.
const patience = 2 * time.Minute

// check reports whether the history is linearizable, and returns how to draw it.
func check(history []porcupine.Operation) (porcupine.CheckResult, func(path string) error) {
	model := Model.ToModel()
	result, info := porcupine.CheckOperationsVerbose(model, history, patience)
	return result, func(path string) error { return porcupine.VisualizePath(model, info, path) }
}
