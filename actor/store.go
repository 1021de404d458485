// This file runs on the callers' goroutines.

// Package actor implements a [lastmodstore.Store] in which one goroutine owns the
// map.
//
// Callers send it request messages and wait for the replies. It serves them one at
// a time, in a single select loop together with its cleanup ticks. There is no
// mutex: the map is a local variable of the loop (owner.go), so nothing else can
// reach it.
package actor

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/internal/sharded"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// hidden gives the embedded field an unexported name, so that it is not part of the
// documentation.
type hidden = seam.Engine

// Store is the actor engine: a [lastmodstore.Store] that is opened by [New]. Each
// call of a method is a message to the goroutine that owns the map.
type Store[K comparable, V any] struct {
	*hidden
	mailbox chan *request[K, V] // never closed; see send for requests that come late
	done    chan struct{}       // closed by the owner when it stops serving
	stopped chan struct{}       // closed by the owner when it ends

	seed       maphash.Seed       // set, like line, by New, or by Join before the store is shared
	line       *timeline.Timeline // the owner has its own
	requests   sync.Pool          // of *request[K, V], each with its reply channel
	listenerWG sync.WaitGroup     // goroutines of OnRemove; only the owner calls Go

	weigher table.Weigher[K, V] // nil without MaxWeight; runs on the callers' goroutines
}

var _ lastmodstore.Store[string, any] = (*Store[string, any])(nil)

// New opens a store that removes expired entries every cleanupInterval. An interval
// below a millisecond counts as one: New(5) means 5 ns, not 5 s. With 0, only Cleanup
// and insertions remove them. New panics if cleanupInterval is negative, or if the
// weigher of MaxWeight is for other types. Close the store to end its goroutine.
func New[K comparable, V any](cleanupInterval time.Duration, opts ...lastmodstore.Option) *Store[K, V] {
	cleanupInterval = config.Interval(cleanupInterval)
	c := config.New(opts)
	s := &Store[K, V]{
		mailbox: make(chan *request[K, V], mailboxSize),
		done:    make(chan struct{}),
		stopped: make(chan struct{}),
		seed:    maphash.MakeSeed(),
		line:    c.Line,
		weigher: table.WeigherOf[K, V](c),
	}
	s.requests.New = func() any {
		// Buffered for the one reply, so that the owner never waits for a caller.
		return &request[K, V]{reply: make(chan struct{}, 1)}
	}
	s.hidden = seam.New[K](s, shard[K, V]{s}, sharded.Join[K, V])
	go s.loop(cleanupInterval, c)
	return s
}

// call sends r to the owner and waits for the reply. It returns false if the store
// is closed.
func (s *Store[K, V]) call(r *request[K, V]) bool {
	s.send(r)
	<-r.reply
	return r.err != lastmodstore.ErrClosed
}

// send sends r to the owner, or refuses it if the store is closed. Either way, r
// gets a reply.
//
// A plain send costs less than a select that also waits for done, but the owner may
// have ended before it. So a caller that finds the store closed after its send
// refuses every request in the mailbox, its own or another's. A caller that finds it
// open has sent before done was closed, and the owner empties the mailbox after
// that. So every request gets a reply.
func (s *Store[K, V]) send(r *request[K, V]) {
	s.mailbox <- r
	select {
	case <-s.done:
		s.refuse()
	default:
	}
}

// refuse replies ErrClosed to every request in the mailbox. It runs on the owner's
// goroutine when that ends, and afterwards on those of callers that come late.
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

// newKeyRequest returns a request for key, whose hash is h, from the pool.
func (s *Store[K, V]) newKeyRequest(op op, h uint64, key K) *request[K, V] {
	r := s.newRequest(op)
	r.hash, r.key = table.Short(h), key
	return r
}

func (s *Store[K, V]) newRequest(op op) *request[K, V] {
	r := s.requests.Get().(*request[K, V])
	r.op = op
	return r
}

// release returns r to the pool without anything of the caller's. The owner no
// longer uses r: it has replied, or has never received it. The slice of lookups is
// kept for its capacity: a batch would spend a sixth of its time on a new one.
func (s *Store[K, V]) release(r *request[K, V]) {
	clear(r.lookups)
	*r = request[K, V]{reply: r.reply, lookups: r.lookups}
	s.requests.Put(r)
}

// Close implements [io.Closer]: it ends the store and its goroutines, as
// [lastmodstore.Store] describes.
func (s *Store[K, V]) Close() error {
	s.beginClose()
	<-s.stopped
	s.listenerWG.Wait()
	return nil
}

func (s *Store[K, V]) beginClose() {
	s.send(&request[K, V]{op: opClose, reply: make(chan struct{}, 1)}) // the reply is that stopped is closed
}
