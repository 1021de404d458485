package linear

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/lastmodstore/lastmodstore"
)

// Options change what histories [Check] and [CheckNodes] record.
type Options struct {
	NoExpiry bool          // give no entry a TTL
	Slack    time.Duration // how long after its time a write may still be invisible; 0: 200 ns
	Pictures string        // the directory for a picture of a history that is not linearizable; "": none

	Calls  int                    // how many calls each client makes; 0: 10
	Pause  func()                 // what each client calls before each call; nil: a short pause
	Effect func(err error) Effect // what a call that returned err has done; nil: always [Done]
}

// An Effect is what a call is known to have done.
type Effect int

// The effects of a call.
const (
	Done    Effect = iota // what it returned
	Nothing               // nothing at all
	Unknown               // what it was called for, at any time after that, or never
)

// Check records one history of a store and returns an error if it is not linearizable.
func Check(open func(cleanupInterval time.Duration) lastmodstore.Store[string, int], seed uint64, o Options) error {
	interval := []time.Duration{0, 20 * time.Microsecond}[seed%2]
	return CheckNodes([]lastmodstore.Store[string, int]{open(interval)}, seed, seed%3 == 0, o)
}

// CheckNodes is Check for several nodes of one store, which it closes. Its clients use
// them in turn. With closing, one of the clients closes its node towards the end.
func CheckNodes(nodes []lastmodstore.Store[string, int], seed uint64, closing bool, o Options) error {
	history := record(nodes, seed, 4, cmp.Or(o.Calls, 10), closing, o)
	for _, s := range nodes {
		if err := s.Close(); err != nil {
			return err
		}
	}
	result, draw := check(history)
	if result == porcupine.Ok {
		return nil
	}
	err := fmt.Errorf("history of seed %d: not linearizable", seed)
	if result == porcupine.Unknown {
		err = fmt.Errorf("history of seed %d: the search for an order did not end within %v", seed, patience)
	}
	if o.Pictures == "" {
		return err
	}
	path := filepath.Join(o.Pictures, fmt.Sprintf("history-%d.html", seed))
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
