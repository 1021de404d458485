package lastmodstore

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/look"
)

// ModifiedSince merges those of the shards by time.
func (s *Sharded[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, Entry[V]] {
	type head struct {
		next func() (K, Entry[V], bool)
		key  K
		e    Entry[V]
	}
	return func(yield func(K, Entry[V]) bool) {
		var heads []*head
		for _, shard := range s.shards {
			next, stop := iter.Pull2(shard.ModifiedSince(t))
			defer stop()
			h := &head{next: next}
			var ok bool
			if h.key, h.e, ok = next(); ok {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			first := 0
			for i, h := range heads {
				if h.e.LastModified.Before(heads[first].e.LastModified) {
					first = i
				}
			}
			h := heads[first]
			if !yield(h.key, h.e) {
				return
			}
			var ok bool
			if h.key, h.e, ok = h.next(); !ok {
				heads = append(heads[:first], heads[first+1:]...)
			}
		}
	}
}

// A shardFeed is the feed of one shard, as far as it has been looked at.
type shardFeed[K comparable, V any] struct {
	next  func() (Event[K, V], bool)
	has   bool
	event Event[K, V] // the next one, if has
	upTo  time.Time   // else: nothing after it is unknown
}

// look looks for the next event and answers false when there is no more to come.
func (f *shardFeed[K, V]) look() bool {
	e, ok := f.next()
	if f.has = e.Kind != 0; f.has {
		f.event = e
	} else {
		f.upTo = e.At
	}
	return ok
}

// Watch merges the feeds of the shards by time: an event is yielded when no
// shard can have an earlier one any more, because it has a later one or has
// said up to when it knows all.
func (s *Sharded[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[Event[K, V]] {
	return func(yield func(Event[K, V]) bool) {
		feeds := make([]*shardFeed[K, V], len(s.shards))
		for i, shard := range s.shards {
			next, stop := iter.Pull(shard.Watch(look.With(ctx), since))
			defer stop()
			feeds[i] = &shardFeed[K, V]{next: next, upTo: since}
		}
		for {
			first, late, ok := earliest(feeds)
			switch {
			case !ok:
				return
			case first == nil:
				s.awaitAny(ctx, feeds)
			case late > 0: // the clock stands, or an entry was merged ahead of it
				select {
				case <-time.After(late):
				case <-ctx.Done():
				}
			default:
				if !yield(first.event) {
					return
				}
				first.has = false
			}
		}
	}
}

// earliest is the feed with the earliest event, or nil if there is none, and
// how long one must wait until no other can come before it. It answers false
// when a feed has ended.
func earliest[K comparable, V any](feeds []*shardFeed[K, V]) (first *shardFeed[K, V], late time.Duration, ok bool) {
	for _, f := range feeds {
		if f.has && (first == nil || f.event.At.Before(first.event.At)) {
			first = f
		}
	}
	for _, f := range feeds {
		// After upTo is at least a nanosecond later.
		if f.has || first != nil && f.upTo.Add(1).Sub(first.event.At) >= 0 {
			continue
		}
		if !f.look() {
			return nil, 0, false
		}
		if f.has && (first == nil || f.event.At.Before(first.event.At)) {
			first, late = f, 0
		}
	}
	if first == nil {
		return nil, 0, true
	}
	for _, f := range feeds {
		if !f.has {
			late = max(late, first.event.At.Sub(f.upTo.Add(1)))
		}
	}
	return first, late, true
}

// awaitAny waits until something happens in any shard, or ctx or the store ends.
func (s *Sharded[K, V]) awaitAny(ctx context.Context, feeds []*shardFeed[K, V]) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var waiting sync.WaitGroup
	for i, shard := range s.shards {
		waiting.Go(func() {
			defer cancel()
			for range shard.Watch(ctx, feeds[i].upTo) {
				return
			}
		})
	}
	waiting.Wait()
}

func (s *Sharded[K, V]) OnRemove(fn func(key K, e Entry[V], why EventKind)) (stop func()) {
	var mu sync.Mutex // one call of fn after the other; nobody else waits for it
	var stopped atomic.Bool
	var stops []func()
	for _, shard := range s.shards {
		stops = append(stops, shard.OnRemove(func(key K, e Entry[V], why EventKind) {
			mu.Lock()
			defer mu.Unlock()
			if !stopped.Load() {
				fn(key, e, why)
			}
		}))
	}
	return func() {
		stopped.Store(true)
		for _, stop := range stops {
			stop()
		}
	}
}
