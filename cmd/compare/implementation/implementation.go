// Package implementation holds the stores that are compared, each behind one small
// interface and set up as its documentation recommends.
package implementation

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// A Store is what every implementation supports. The interfaces below are
// optional.
type Store[V any] interface {
	Get(key string) (V, bool)
	Set(key string, value V, ttl time.Duration) error
}

// A Batcher reads or writes many keys in one call.
type Batcher[V any] interface {
	GetMany(keys []string) int // how many were present
	SetMany(values map[string]V, ttl time.Duration) error
}

// An Adder adds delta to a number in one atomic call. An absent number counts as 0.
type Adder[V any] interface {
	AddTo(key string, delta V, ttl time.Duration) error
}

// An Updater atomically replaces a value with what fn makes of it. Fn gets the
// zero value and false for an absent key, and may run more than once.
type Updater[V any] interface {
	Update(key string, ttl time.Duration, fn func(old V, ok bool) V) error
}

// A Counter returns how many entries it holds.
type Counter interface{ Len() int }

// An Iterator visits every entry.
type Iterator[V any] interface {
	Each(body func(key string, value V))
}

// A Settler writes in the background. Settle waits until everything is written.
type Settler interface{ Settle() }

// A Closer has goroutines to stop.
type Closer interface{ Close() error }

// Options say how to open a store.
type Options struct {
	MaxEntries int           // 0: unbounded
	Interval   time.Duration // between sweeps; 0: none. Some implementations choose their own
	TTL        time.Duration // for implementations with one TTL for all their entries
	OwnTTLs    bool          // entries have different TTLs
}

// Kilobyte is a value that is stored in place and copied by every call.
type Kilobyte [1024]byte

// An Implementation is one row of the table that drives every workload.
type Implementation struct {
	result.Implementation
	Small func(Options) (Store[int], error)
	Large func(Options) (Store[Kilobyte], error)

	// Check opens an engine for the linearizability check that precedes the
	// timing; a sharded one has a single shard, since it guarantees less across
	// shards. Nil for other implementations.
	Check func(interval time.Duration) lastmodstore.Store[string, int]
}

// A Lack is the reason why an implementation cannot take part in a workload.
type Lack string

func (l Lack) Error() string { return string(l) }

// largest is the capacity of implementations that must have one but have to hold
// everything.
const largest = 2_000_000

// All returns the table.
func All() []Implementation {
	return slices.Concat(engines(), baselines(), thirdParty())
}

// Choose returns the implementations with the given names; no names mean all.
func Choose(names []string) ([]Implementation, error) {
	positions, err := Find("engine", names, Names())
	var chosen []Implementation
	for _, i := range positions {
		chosen = append(chosen, All()[i])
	}
	return chosen, err
}

// Find returns the positions of names in all, or of all if there are no names.
// Kind is what they name, for the error about an unknown or repeated name.
func Find(kind string, names, all []string) ([]int, error) {
	if len(names) == 0 {
		names = all
	}
	var positions []int
	for i, name := range names {
		at := slices.Index(all, name)
		switch {
		case at < 0:
			return nil, fmt.Errorf("no %s is called %q; there are: %s", kind, name, strings.Join(all, ", "))
		case slices.Contains(names[:i], name):
			return nil, fmt.Errorf("%s %q is named twice", kind, name)
		}
		positions = append(positions, at)
	}
	return positions, nil
}

// Names returns all names, in order.
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name)
	}
	return names
}

// version returns the version of a module that this program was built with.
func version(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return ""
}
