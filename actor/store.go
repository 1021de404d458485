// This file runs on the callers' goroutines.

// Package actor is the lastmodstore engine in which one goroutine owns the map.
//
// Callers send it request messages and wait for their replies; it serves them
// one after the other, in a single select loop beside its cleanup ticks. There
// is no mutex: the map is a local variable of the loop (owner.go), out of
// everybody else's reach.
package actor

import (
	"hash/maphash"
	"iter"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/internal/sharded"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

type hidden[K comparable] = seam.Engine[K]

// Store is the actor engine. Its methods keep the contract of
// [lastmodstore.Store]; New opens one.
type Store[K comparable, V any] struct {
	*hidden[K]
	mailbox chan *request[K, V] // never closed; see call for what happens to late ones
	done    chan struct{}       // closed by the owner when it serves no more
	stopped chan struct{}       // closed by the owner when it ends

	seed       maphash.Seed
	line       *timeline.Timeline // set by New, or by Join before others have the store; the owner has its own
	requests   sync.Pool          // of *request[K, V], each with its reply channel
	listenerWG sync.WaitGroup     // goroutines of OnRemove; the owner adds them
}

var _ lastmodstore.Store[string, any] = (*Store[string, any])(nil)

// New opens a store whose owner removes expired entries every cleanupInterval,
// or every millisecond if that is shorter: New(5) means 5 ns, not 5 s. With 0,
// Cleanup and insertions do it. New panics if cleanupInterval is negative. Close
// the store to end its goroutine.
func New[K comparable, V any](cleanupInterval time.Duration, opts ...lastmodstore.Option) *Store[K, V] {
	cleanupInterval = config.Interval(cleanupInterval)
	c := config.New(opts)
	s := &Store[K, V]{
		mailbox: make(chan *request[K, V], mailboxSize),
		done:    make(chan struct{}),
		stopped: make(chan struct{}),
		seed:    maphash.MakeSeed(),
		line:    c.Line,
	}
	s.requests.New = func() any {
		// Room for the one reply, so that the owner never waits for a caller.
		return &request[K, V]{reply: make(chan struct{}, 1)}
	}
	s.hidden = seam.New[K](s, shard[K, V]{s}, sharded.Join[K, V])
	go s.loop(cleanupInterval, c)
	return s
}

// call has the owner serve r and answers false if the store is closed.
func (s *Store[K, V]) call(r *request[K, V]) bool {
	s.send(r)
	<-r.reply
	return r.err != lastmodstore.ErrClosed
}

// send sends r to the owner, or refuses it if the store is closed: a reply comes.
//
// A plain send costs less than a select that also waits for done, but may come
// too late for an owner that has ended. A caller that finds the store closed
// after its send therefore refuses whatever waits in the mailbox, its own
// request or another's; one that does not has sent before done was closed, and
// the owner empties the mailbox after that. So every request is answered.
func (s *Store[K, V]) send(r *request[K, V]) {
	s.mailbox <- r
	select {
	case <-s.done:
		s.refuse()
	default:
	}
}

// refuse answers ErrClosed to every request in the mailbox. It runs on the
// owner's goroutine when that ends, and then on late callers'.
func (s *Store[K, V]) refuse() {
	for {
		select {
		case r := <-s.mailbox:
			r.err = lastmodstore.ErrClosed
			r.reply <- struct{}{}
		default:
			return
		}
	}
}

// newKeyRequest takes a request about key out of the pool. A key that no map can hold
// panics here, in the caller.
func (s *Store[K, V]) newKeyRequest(op op, key K) *request[K, V] {
	h := table.Hash(s.seed, key)
	r := s.requests.Get().(*request[K, V])
	r.op, r.hash, r.key = op, h, key
	return r
}

func (s *Store[K, V]) newRequest(op op) *request[K, V] {
	r := s.requests.Get().(*request[K, V])
	r.op = op
	return r
}

// release hands r back to the pool, holding on to nothing of the caller's. The
// owner is done with it: it replied, or never saw it. The room of the lookups
// stays: a batch would spend a sixth of its time on a new one.
func (s *Store[K, V]) release(r *request[K, V]) {
	clear(r.lookups)
	*r = request[K, V]{reply: r.reply, lookups: r.lookups}
	s.requests.Put(r)
}

func (s *Store[K, V]) Get(key K) (V, bool) {
	r := s.newKeyRequest(opGet, key)
	s.call(r)
	value, ok := r.value, r.ok
	s.release(r)
	return value, ok
}

func (s *Store[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	r := s.newKeyRequest(opGetEntry, key)
	defer s.release(r)
	s.call(r)
	return r.entry, r.ok
}

func (s *Store[K, V]) GetLastModified(key K) (time.Time, bool) {
	r := s.newKeyRequest(opGetLastModified, key)
	defer s.release(r)
	s.call(r)
	return r.time, r.ok
}

func (s *Store[K, V]) GetMany(keys []K) map[K]lastmodstore.Entry[V] {
	r := s.newRequest(opGetMany)
	defer s.release(r)
	r.keys, r.lookups = keys, table.Lookups(r.lookups, s.seed, keys)
	s.call(r)
	return table.Found(s.line, keys, r.lookups)
}

func (s *Store[K, V]) Len() int {
	r := s.newRequest(opLen)
	defer s.release(r)
	s.call(r)
	return r.n
}

func (s *Store[K, V]) Stats() lastmodstore.Stats {
	r := s.newRequest(opStats)
	defer s.release(r)
	var stats lastmodstore.Stats
	r.stats = &stats
	s.call(r)
	return stats
}

// Done implements [lastmodstore.Reader].
func (s *Store[K, V]) Done() <-chan struct{} { return s.done }

func (s *Store[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Page[K, V]{}, s.step(opScan), s.peek)
}

func (s *Store[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return engine.Pages(s.line, s.done, table.Since[K, V](s.line, t), s.step(opChanges), s.peek)
}

func (s *Store[K, V]) peek(key K) (lastmodstore.Entry[V], bool) {
	r := s.newKeyRequest(opPeek, key)
	defer s.release(r)
	s.call(r)
	return r.entry, r.ok
}

// step has the owner fill the next page.
func (s *Store[K, V]) step(op op) func(*table.Page[K, V]) bool {
	return func(p *table.Page[K, V]) bool {
		r := s.newRequest(op)
		defer s.release(r)
		r.page = p
		return s.call(r)
	}
}

func (s *Store[K, V]) Set(key K, value V, ttl time.Duration) error {
	r := s.newKeyRequest(opSet, key)
	r.value, r.ttl = value, ttl
	s.call(r)
	err := r.err
	s.release(r)
	return err
}

func (s *Store[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	r := s.newRequest(opSetMany)
	defer s.release(r)
	r.assignments, r.ttl = table.Assignments(s.seed, values), ttl
	s.call(r)
	return r.err
}

func (s *Store[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (lastmodstore.Entry[V], bool, error) {
	r := s.newKeyRequest(opSetIf, key)
	defer s.release(r)
	r.value, r.ttl, r.time = value, ttl, t
	s.call(r)
	return r.copy.Entry(s.line), r.ok, r.err
}

func (s *Store[K, V]) Add(key K, delta V, ttl time.Duration) (lastmodstore.Entry[V], error) {
	r := s.newKeyRequest(opAdd, key)
	defer s.release(r)
	r.value, r.ttl = delta, ttl
	s.call(r)
	return r.copy.Entry(s.line), r.err
}

func (s *Store[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	r := s.newKeyRequest(opTouch, key)
	defer s.release(r)
	r.ttl = ttl
	s.call(r)
	return r.ok, r.err
}

func (s *Store[K, V]) Delete(key K) (bool, error) {
	r := s.newKeyRequest(opDelete, key)
	defer s.release(r)
	s.call(r)
	return r.ok, r.err
}

func (s *Store[K, V]) GetAndDelete(key K) (lastmodstore.Entry[V], bool, error) {
	r := s.newKeyRequest(opGetAndDelete, key)
	defer s.release(r)
	s.call(r)
	return r.copy.Entry(s.line), r.ok, r.err
}

func (s *Store[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	r := s.newKeyRequest(opDeleteIf, key)
	defer s.release(r)
	r.time = t
	s.call(r)
	return r.ok, r.err
}

func (s *Store[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	r := s.newKeyRequest(opMerge, key)
	defer s.release(r)
	r.entry = e
	s.call(r)
	return r.ok, r.err
}

func (s *Store[K, V]) Clear() error {
	r := s.newRequest(opClear)
	defer s.release(r)
	s.call(r)
	err := r.err
	if err == nil && r.cleared != nil {
		if r.n = r.cleared.Expired(); r.n > 0 {
			r.op = opCountCleared
			s.call(r)
		}
	}
	return err
}

// Cleanup is one message a step, so that other callers' come between.
func (s *Store[K, V]) Cleanup() int {
	r := s.newRequest(opSweep)
	defer s.release(r)
	r.cutoff = s.line.Catch()
	removed := 0
	var pace engine.Pacer
	pace.Begin(r.cutoff)
	for s.call(r) {
		removed += r.n
		if !r.ok {
			break
		}
		if now := s.line.Now(); pace.ShouldRest(len(s.mailbox) > 0, now) {
			time.Sleep(engine.SweepPause)
			pace.Wake(now, s.line.Now())
		}
	}
	return removed
}

// Close implements [io.Closer]: see [lastmodstore.Store].
func (s *Store[K, V]) Close() error {
	s.beginClose()
	<-s.stopped
	s.listenerWG.Wait()
	return nil
}

func (s *Store[K, V]) beginClose() {
	s.send(&request[K, V]{op: opClose, reply: make(chan struct{}, 1)}) // closing stopped is the reply
}
