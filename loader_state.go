package lastmodstore

import (
	"context"
	"time"
)

// A loading is one load in progress. While it is in the loader's map, callers can
// join it and it may write to the store. It leaves the map when it ends, or when it
// is invalidated; then only the callers that have already joined wait for it.
type loading[V any] struct {
	ctx    context.Context
	cancel context.CancelFunc
	stop   func() bool // cancels the call of expire

	// The loader's lock guards these.
	waiting     int
	background  bool          // begun or joined for a caller that received a stale entry
	writing     chan struct{} // non-nil while it writes to the store; closed afterwards
	invalidated bool          // invalidated while writing: it leaves the map afterwards
	ended       bool

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
func (l *Loader[K, V]) join(key K, since time.Time, wait bool) (*loading[V], error) {
	if isClosed(l.store) {
		return nil, ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.loading[key]
	if f == nil {
		if l.closed {
			return nil, ErrClosed
		}
		if err := l.failed.get(key); err != nil {
			return nil, err
		}
		f = l.beginLocked(key, since)
	}
	if wait {
		f.waiting++
	} else {
		f.background = true
	}
	return f, nil
}

func (l *Loader[K, V]) beginLocked(key K, since time.Time) *loading[V] {
	f := &loading[V]{done: make(chan struct{})}
	if l.timeout > 0 {
		f.ctx, f.cancel = context.WithTimeoutCause(l.ctx, l.timeout, ErrLoadTimeout)
	} else {
		f.ctx, f.cancel = context.WithCancel(l.ctx)
	}
	l.loading[key] = f
	l.running += 2
	f.stop = context.AfterFunc(f.ctx, func() { l.expire(key, f) })
	go l.run(key, f, since)
	return f
}

// leave removes a caller that has given up. A load without callers is canceled.
func (l *Loader[K, V]) leave(key K, f *loading[V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.waiting--
	if f.waiting == 0 {
		f.background = false // it took too long for its last caller
	}
	l.abandonLocked(key, f)
}

// abandonLocked ends f if nobody wants its result and it is not writing to the store.
func (l *Loader[K, V]) abandonLocked(key K, f *loading[V]) {
	if f.waiting == 0 && !f.background && f.writing == nil && l.endLocked(key, f, result[V]{err: context.Canceled}) {
		f.cancel()
	}
}

// endLocked ends f with r and reports whether it did. It does not if f has already
// ended.
func (l *Loader[K, V]) endLocked(key K, f *loading[V], r result[V]) bool {
	if f.ended {
		return false
	}
	if l.loading[key] == f {
		delete(l.loading, key)
	}
	f.ended, f.result = true, r
	close(f.done)
	return true
}

// detach keeps the load of key from storing its value and from being joined. If the
// load is writing to the store, detach returns a channel that is closed when it has
// finished.
func (l *Loader[K, V]) detach(key K) (writing <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed.forget(key)
	f := l.loading[key]
	if f == nil {
		return nil
	}
	if f.writing != nil {
		f.invalidated = true
		return f.writing
	}
	delete(l.loading, key)
	f.background = false
	l.abandonLocked(key, f)
	return nil
}

// write calls write if f may still write to the store, and reports whether it did.
// The lock is not held during the call, but Invalidate waits for it.
func (l *Loader[K, V]) write(key K, f *loading[V], write func()) bool {
	l.mu.Lock()
	if l.loading[key] != f || f.ctx.Err() != nil {
		l.mu.Unlock()
		return false
	}
	f.writing = make(chan struct{})
	l.mu.Unlock()
	write()
	l.mu.Lock()
	defer l.mu.Unlock()
	close(f.writing)
	f.writing = nil
	if f.invalidated {
		f.invalidated, f.background = false, false
		delete(l.loading, key)
	}
	return true
}

// expire ends f when its context has ended, so that no caller waits for a source
// that ignores it. It runs on a goroutine of its own.
func (l *Loader[K, V]) expire(key K, f *loading[V]) {
	defer l.release()
	r := result[V]{err: context.Cause(f.ctx)}
	if r.err == context.Canceled {
		return // abandoned
	}
	l.mu.Lock()
	ended := f.writing == nil && l.failLocked(key, f, r)
	l.mu.Unlock()
	if ended {
		l.report(key, r, r.err != ErrClosed)
	}
}

// failLocked is endLocked for a failed load. It remembers the failure for RetryAfter.
func (l *Loader[K, V]) failLocked(key K, f *loading[V], r result[V]) bool {
	if l.loading[key] == f {
		l.rememberLocked(key, r.err)
	}
	return l.endLocked(key, f, r)
}

// release ends one of the activities counted in running.
func (l *Loader[K, V]) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	if l.closed && l.running == 0 {
		close(l.idle)
	}
}
