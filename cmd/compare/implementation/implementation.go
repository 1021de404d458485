// Package implementation holds the stores that are compared, each behind one small
// interface and set up as its documentation says.
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

// A Store is what every implementation can do. The interfaces below are what
// only some can.
type Store[V any] interface {
	Get(key string) (V, bool)
	Set(key string, value V, ttl time.Duration) error
}

// A Batcher reads or writes many keys in one call.
type Batcher[V any] interface {
	GetMany(keys []string) int // how many were present
	SetMany(values map[string]V, ttl time.Duration) error
}

// A Counter knows how many entries it holds.
type Counter interface{ Len() int }

// An Iterator visits every entry.
type Iterator[V any] interface {
	Each(body func(key string, value V))
}

// A Settler writes in the background and can wait until all is written.
type Settler interface{ Settle() }

// A Closer holds goroutines.
type Closer interface{ Close() error }

// Options say how to open a store.
type Options struct {
	MaxEntries int           // 0: as many as there are
	Interval   time.Duration // between sweeps; 0: none. Some sweep as they like
	TTL        time.Duration // for those that have one for all their entries
	OwnTTLs    bool          // entries have different ones
}

// Kilobyte is a value that is stored in place, and copied with every call.
type Kilobyte [1024]byte

// An Implementation is one row of the table that drives every workload.
type Implementation struct {
	result.Implementation
	Small func(Options) (Store[int], error)
	Large func(Options) (Store[Kilobyte], error)

	// Check opens an engine for the check that comes before the timing, a
	// sharded one with one shard, since it guarantees less across shards. Nil for others.
	Check func(interval time.Duration) lastmodstore.Store[string, int]
}

// A Lack is why an implementation cannot take part in a workload.
type Lack string

func (l Lack) Error() string { return string(l) }

// largest is the capacity of those that must have one but have to hold everything.
const largest = 2_000_000

// All is the table.
func All() []Implementation {
	return slices.Concat(engines(), baselines(), thirdParty())
}

// Choose finds implementations by their names; none means all.
func Choose(names []string) ([]Implementation, error) {
	if len(names) == 0 {
		return All(), nil
	}
	var chosen []Implementation
	for _, name := range names {
		i := slices.IndexFunc(All(), func(c Implementation) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no engine is called %q; there are: %s", name, strings.Join(Names(), ", "))
		}
		chosen = append(chosen, All()[i])
	}
	return chosen, nil
}

// Names are the names of all, in order.
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name)
	}
	return names
}

// version is that of a module this program was built with.
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
