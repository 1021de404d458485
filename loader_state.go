package lastmodstore

import (
	"context"
	"time"
)

// A loading is one load in progress. While it is in the loader's map, callers join
// it and it may write to the store; it leaves the map when it ends, or when it is
// invalidated and only the callers that it has wait for it.
type loading[V any] struct {
	ctx    context.Context
	cancel context.CancelFunc
	stop   func() bool // calls off expire

	// The loader's lock guards these.
	waiting     int
	background  bool          // begun or joined for a caller that got a stale value
	writing     chan struct{} // not nil while it writes to the store; closed when it has
	invalidated bool          // while it writes: it leaves the map afterwards
	ended       bool

	done   chan struct{} // closed when it ends, under the lock
	result result[V]     // written before done is closed
}

// A result is what a load came to.
type result[V any] struct {
	entry  Entry[V]
	err    error
	loaded bool // entry comes from the source; otherwise it was found in the store
	lost   V    // a loaded value that was not stored, if isLost
	isLost bool
}

// join returns the load of key in progress, or begins one; or the error for which
// there is none. A caller that joins without waiting gets a stale value.
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

// leave gives up waiting. A load that nobody waits for any more is cancelled.
func (l *Loader[K, V]) leave(key K, f *loading[V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.waiting--
	if f.waiting == 0 {
		f.background = false // what it took too long for
	}
	l.abandonLocked(key, f)
}

// abandonLocked ends f if nobody wants its result and it is not just being stored.
func (l *Loader[K, V]) abandonLocked(key K, f *loading[V]) {
	if f.waiting == 0 && !f.background && f.writing == nil && l.endLocked(key, f, result[V]{err: context.Canceled}) {
		f.cancel()
	}
}

// endLocked ends f with r, unless it has ended.
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

// detach keeps the load of key from storing its value and from being joined. If it
// is just writing to the store, detach returns a channel that is closed afterwards.
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

// write lets f write to the store and reports whether it still may. The lock is
// not held meanwhile, but Invalidate waits.
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

// expire ends f when its context has ended, so that nobody waits for a source that
// ignores it. It runs on a goroutine of its own.
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

// failLocked is endLocked for a failed load, which RetryAfter remembers.
func (l *Loader[K, V]) failLocked(key K, f *loading[V], r result[V]) bool {
	if l.loading[key] == f {
		l.rememberLocked(key, r.err)
	}
	return l.endLocked(key, f, r)
}

// release ends what has been counted in running.
func (l *Loader[K, V]) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	if l.closed && l.running == 0 {
		close(l.idle)
	}
}
