package table

import (
	"os"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// isShared is set during the second run of all tests, on tables that are also read
// without a lock.
var isShared bool

func TestMain(m *testing.M) {
	code := m.Run()
	isShared = true
	os.Exit(max(code, m.Run()))
}

// open returns an empty table. Its vacant slots are poisoned with a key and value that
// no reader may return.
func open[K comparable, V any](line *timeline.Timeline, c config.Config) *Table[K, V] {
	t := new(Table[K, V])
	var readers *epoch.Domain
	if isShared {
		readers = epoch.NewDomain()
	}
	t.Init(line, c, readers)
	if ints, ok := any(t).(*Table[int, int]); ok {
		ints.Poison(-1, -1)
	}
	return t
}

// settle takes steps in freeing memory until none is left.
func (f *fixture) settle() {
	for f.t.Reclaim() || f.t.HasRetired() {
	}
	f.t.check(f.TB)
}

// A fixture is a table with helpers that check each step.
type fixture struct {
	*gomega.WithT
	testing.TB
	t *Table[int, int]
}

func newFixture(tb testing.TB, c config.Config) *fixture {
	return &fixture{gomega.NewWithT(tb), tb, open[int, int](timeline.Start(), c)}
}

// hashOf returns a hash that, unlike Hash, is the same in every run.
func hashOf(key int) uint32 {
	h := uint64(key+1) * 0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return uint32(h >> 32)
}

// set stores key with itself as the value.
func (f *fixture) set(key int, ttl time.Duration, now int64) {
	f.TB.Helper()
	must(f.TB, "Set", f.t.Set(hashOf(key), key, key, ttl, now), nil)
}

func (f *fixture) del(key int, now int64) {
	f.TB.Helper()
	ok, err := f.t.Delete(hashOf(key), key, now)
	must(f.TB, "Delete", err, nil)
	must(f.TB, "Delete", ok, true)
}

// merge merges an entry of key, modified at the given time, that never expires.
func (f *fixture) merge(key int, modified, now int64) bool {
	f.TB.Helper()
	e := lastmodstore.Entry[int]{Value: key, LastModified: f.t.line.Time(modified)}
	ok, err := f.t.Merge(hashOf(key), key, e, now)
	must(f.TB, "Merge", err, nil)
	return ok
}

func (f *fixture) has(key int, now int64) bool {
	_, ok := f.t.GetEntry(hashOf(key), key, now)
	return ok
}

// order returns the keys in modification order.
func (f *fixture) order() (keys []int) {
	for i := f.t.head; i != none; i = f.t.slots.links.at(i).next {
		keys = append(keys, f.t.slots.at(i).key)
	}
	return keys
}

// scan reads the whole table and calls between before each page but the first.
func (f *fixture) scan(now int64, between func(page int)) (keys []int) {
	return f.pages(now, between, f.t.Scan, &Page[int, int]{})
}

// changesSince reads the changes after from and calls between before each step but the
// first.
func (f *fixture) changesSince(from, now int64, between func(page int)) (keys []int) {
	p := Since[int, int](f.t.line, f.t.line.Time(from))
	return f.pages(now, between, f.t.Changes, &p)
}

func (f *fixture) pages(now int64, between func(int), step func(*Page[int, int], int64), p *Page[int, int]) (keys []int) {
	f.TB.Helper()
	for n := 1; ; n++ {
		step(p, now)
		for _, pair := range p.Pairs {
			keys = append(keys, pair.Key)
		}
		switch {
		case p.Done:
			return keys
		case n > 100_000:
			f.TB.Fatal("the pages do not end")
		case between != nil:
			between(n)
		}
	}
}

// span returns the numbers from first to last.
func span(first, last int) (keys []int) {
	for k := first; k <= last; k++ {
		keys = append(keys, k)
	}
	return keys
}

// must stops the test unless got equals want.
func must[T comparable](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if got != want {
		tb.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
