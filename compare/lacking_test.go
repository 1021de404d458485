package compare_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

// A lacking store panics in the methods that its capabilities stand for.
type lacking[K comparable, V any] struct {
	lastmodstore.Store[K, V]
	without []compare.Capability
}

func (s lacking[K, V]) need(c compare.Capability) {
	if slices.Contains(s.without, c) {
		panic("without " + c.String())
	}
}

func (s lacking[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	s.need(compare.Feed)
	return s.Store.Watch(ctx, since)
}

func (s lacking[K, V]) OnRemove(fn func(K, lastmodstore.Entry[V], lastmodstore.EventKind)) (stop func()) {
	s.need(compare.Listeners)
	return s.Store.OnRemove(fn)
}

func (s lacking[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	s.need(compare.Merging)
	return s.Store.Merge(key, e)
}

func (s lacking[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	s.need(compare.Batches)
	return s.Store.SetMany(values, ttl)
}

func (s lacking[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	s.need(compare.Batches)
	return s.Store.GetMany(keys)
}

func (s lacking[K, V]) Stats() lastmodstore.Stats {
	s.need(compare.Counters)
	return s.Store.Stats()
}

func (s lacking[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	s.need(compare.Adding)
	return s.Store.Add(key, delta, ttl)
}

func (s lacking[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	s.need(compare.Conditions)
	return s.Store.SetIfUnmodifiedSince(key, value, ttl, t)
}

func (s lacking[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	s.need(compare.Conditions)
	return s.Store.DeleteIfUnmodifiedSince(key, t)
}

func (s lacking[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	s.need(compare.Conditions)
	return s.Store.GetAndDelete(key)
}

func (s lacking[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	s.need(compare.Changes)
	return s.Store.ModifiedSince(t)
}

func openLacking[K comparable, V any](open compare.Open[K, V], without []compare.Capability) compare.Open[K, V] {
	return func(d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
		s := lastmodstore.ApplyOptions(opts...)
		if s.MaxEntries > 0 && slices.Contains(without, compare.Capacity) {
			panic("without Capacity")
		}
		if s.MaxWeight > 0 && slices.Contains(without, compare.Weights) {
			panic("without Weights")
		}
		if d > 0 && slices.Contains(without, compare.Sweeping) {
			d = 0
		}
		return lacking[K, V]{open(d, opts...), without}
	}
}

func withoutCapabilities(e compare.Engine, without ...compare.Capability) compare.Engine {
	return compare.Engine{
		Name:    e.Name + " without some",
		Strings: openLacking(e.Strings, without),
		Ints:    openLacking(e.Ints, without),
		Pairs:   openLacking(e.Pairs, without),
		Floats:  openLacking(e.Floats, without),
		Any:     openLacking(e.Any, without),
	}
}

// everyCapability are all of them.
func everyCapability() (all []compare.Capability) {
	for c := compare.Capacity; c <= compare.Weights; c++ {
		all = append(all, c)
	}
	return all
}

// TestPartialEngine runs the cases that need nothing on an engine that lacks
// everything, and at full length those that need all but one capability. A case
// that needs more than it says panics.
func TestPartialEngine(t *testing.T) {
	e := engines.All()[1]
	t.Run("everything", func(t *testing.T) {
		runWithout(t, e, everyCapability()...)
	})
	if !*long {
		return
	}
	for _, c := range everyCapability() {
		t.Run(c.String(), func(t *testing.T) { runWithout(t, e, c) })
	}
}

func runWithout(t *testing.T, e compare.Engine, without ...compare.Capability) {
	r := compare.Run(t, withoutCapabilities(e, without...), compare.Without(append(without, compare.Turns)...), compare.Skip(4)) // 4 takes long
	for _, o := range []compare.Outcome{compare.Passed, compare.Skipped} {
		if r.Count(o) == 0 {
			t.Errorf("no cases %v", o)
		}
	}
}
