// Package contestant holds the stores that are compared, each behind one small
// interface and set up as its documentation says.
package contestant

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// A Store is what every contestant can do. What only some can is in the
// interfaces below.
type Store[V any] interface {
	Get(key string) (V, bool)
	Set(key string, value V, ttl time.Duration) error
}

// A Batcher reads or writes many keys in one call.
type Batcher[V any] interface {
	GetMany(keys []string) int // how many were there
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

// Options are how a store is to be opened.
type Options struct {
	MaxEntries int           // 0: as many as there are
	Interval   time.Duration // between sweeps; 0: none. Some sweep as they like
	TTL        time.Duration // for those that have one for all their entries
	OwnTTLs    bool          // entries have different ones
}

// Kilobyte is a value that is stored in place, and copied with every call.
type Kilobyte [1024]byte

// A Contestant is one row of the table that drives every workload.
type Contestant struct {
	result.Contestant
	Small func(Options) (Store[int], error)
	Large func(Options) (Store[Kilobyte], error)

	// Check opens an engine for the check that comes before the timing, a
	// sharded one with one shard: across shards it promises less. Nil for others.
	Check func(interval time.Duration) lastmodstore.Store[string, int]
}

// A Lack is why a contestant cannot take part in a workload.
type Lack string

func (l Lack) Error() string { return string(l) }

// most is the bound of those that must have one but are to hold everything.
const most = 2_000_000

// All is the table.
func All() []Contestant {
	return slices.Concat(engines(), baselines(), rivals())
}

// Choose finds contestants by their names; none means all.
func Choose(names []string) ([]Contestant, error) {
	if len(names) == 0 {
		return All(), nil
	}
	var chosen []Contestant
	for _, name := range names {
		i := slices.IndexFunc(All(), func(c Contestant) bool { return c.Name == name })
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
