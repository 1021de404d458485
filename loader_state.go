package lastmodstore

import (
	"context"
	"slices"
	"time"
)

// A call is one call of the source, for one load or, begun by GetMany, for several.
type call[K comparable, V any] struct {
	ctx     context.Context
	cancel  context.CancelFunc
	stop    func() bool      // cancels the call of expire
	loads   []*loading[K, V] // their number never changes
	many    bool             // by the LoadManyFunc
	refresh bool             // begun by RefreshAhead
	wanted  int              // callers that wait for its loads, and loads in the background; the loader's lock guards it
	extra   []extra[K, V]    // values that it was not asked for; the goroutine of the call owns it
}

// A loading is one load in progress. While it is in the loader's map, callers can
// join it and it may write to the store. It leaves the map when it ends, or when it
// is invalidated; then only the callers that have already joined wait for it.
type loading[K comparable, V any] struct {
	*call[K, V]
	key K

	// The loader's lock guards these.
	waiting     int
	background  bool          // begun or joined for a caller that received a present entry
	writing     chan struct{} // non-nil while it writes to the store; closed afterwards
	invalidated bool          // invalidated while writing: it leaves the map afterwards
	ended       bool

	// The goroutine of the call owns these.
	present Entry[V] // if ok, the entry that was present when it began
	ok      bool
	settled bool      // the outcome is known
	outcome result[V] // until settled, only a value to discard; differs from result if f ended before its source returned
	failed  bool      // the outcome is to be reported as a failure

	done   chan struct{} // closed when it ends, under the lock
	result result[V]     // written before done is closed
}

// A result is the outcome of a load.
type result[V any] struct {
	entry  Entry[V]
	err    error
	loaded bool // entry comes from the source; otherwise it was found in the store
	lost   V    // if isLost, a loaded value that was not stored
	isLost bool
}

// join returns the load of key in progress, or begins one, or returns the error that
// prevents it. A caller that joins without waiting receives the stale entry.
func (l *Loader[K, V]) join(key K, since time.Time, wait bool) (*loading[K, V], error) {
	if isClosed(l.store) {
		return nil, ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.findLocked(key, !wait)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = l.beginLocked(&call[K, V]{}, since, key)[0]
	}
	f.wantLocked(wait)
	return f, nil
}

// findLocked returns the load of key in progress, or nil if one may begin, in the background
// or for a caller that waits, or the error that prevents it.
func (l *Loader[K, V]) findLocked(key K, background bool) (*loading[K, V], error) {
	f := l.loading[key]
	if f == nil {
		if l.closed {
			return nil, ErrClosed
		}
		if err := l.failed.get(key, background); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// beginLocked makes c the call that loads keys, and returns the loads.
func (l *Loader[K, V]) beginLocked(c *call[K, V], since time.Time, keys ...K) []*loading[K, V] {
	if l.timeout > 0 {
		c.ctx, c.cancel = context.WithTimeoutCause(l.ctx, l.timeout, ErrLoadTimeout)
	} else {
		c.ctx, c.cancel = context.WithCancel(l.ctx)
	}
	for _, key := range keys {
		f := &loading[K, V]{call: c, key: key, done: make(chan struct{})}
		c.loads = append(c.loads, f)
		l.loading[key] = f
	}
	l.running += 2
	c.stop = context.AfterFunc(c.ctx, func() { l.expire(c) })
	go l.run(c, since)
	return c.loads
}

// wantLocked adds a caller of f that waits, or makes f run in the background.
func (f *loading[K, V]) wantLocked(wait bool) {
	if wait {
		f.waiting++
		f.wanted++
	} else if !f.background {
		f.background = true
		f.wanted++
	}
}

// dropBackgroundLocked makes f end with its last waiting caller.
func (f *loading[K, V]) dropBackgroundLocked() {
	if f.background {
		f.background = false
		f.wanted--
	}
}

// leave removes a caller that has given up. A call without callers is canceled.
func (l *Loader[K, V]) leave(f *loading[K, V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.ended {
		return
	}
	f.waiting--
	f.wanted--
	if f.waiting == 0 {
		f.dropBackgroundLocked() // it took too long for its last caller
	}
	l.abandonLocked(f.call)
}

// abandonLocked ends the loads of c if nobody wants the result of any, and none is
// writing to the store.
func (l *Loader[K, V]) abandonLocked(c *call[K, V]) {
	if c.wanted > 0 || slices.ContainsFunc(c.loads, func(f *loading[K, V]) bool { return f.writing != nil }) {
		return
	}
	for _, f := range c.loads {
		if l.endLocked(f, result[V]{err: context.Canceled}) {
			c.cancel()
		}
	}
}

// endLocked ends f with r and reports whether it did. It does not if f has already
// ended.
func (l *Loader[K, V]) endLocked(f *loading[K, V], r result[V]) bool {
	if f.ended {
		return false
	}
	if l.loading[f.key] == f {
		delete(l.loading, f.key)
	}
	f.dropBackgroundLocked()
	f.wanted -= f.waiting
	f.ended, f.result = true, r
	close(f.done)
	return true
}
