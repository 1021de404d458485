package lastmodstore

import "context"

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
	f.dropBackgroundLocked()
	l.abandonLocked(f.call)
	return nil
}

// write calls write if f may still write to the store, and reports whether it did. It
// returns a panic of write, such as that of a weigher, as a [*PanicError]. The lock is not
// held during the call, but Invalidate waits for it.
func (l *Loader[K, V]) write(f *loading[K, V], write func()) (written bool, panicked error) {
	if !l.beginWrite(f) {
		return false, nil
	}
	defer l.endWrite(f) // also if write ends the goroutine
	defer recoverPanic(&panicked)
	written = true
	write()
	return written, nil
}

// beginWrite reports whether f may write to the store, and if so, makes Invalidate wait.
func (l *Loader[K, V]) beginWrite(f *loading[K, V]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loading[f.key] != f || f.ctx.Err() != nil {
		return false
	}
	f.writing = make(chan struct{})
	return true
}

func (l *Loader[K, V]) endWrite(f *loading[K, V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(f.writing)
	f.writing = nil
	if f.invalidated {
		f.invalidated = false
		f.dropBackgroundLocked()
		delete(l.loading, f.key)
	}
}

// expire ends the loads of c when its context has ended, so that no caller waits for a
// source that ignores it. It runs on a goroutine of its own.
func (l *Loader[K, V]) expire(c *call[K, V]) {
	defer l.release()
	r := result[V]{err: context.Cause(c.ctx)}
	if r.err == context.Canceled {
		return // abandoned
	}
	forEach(l.expireLoads(c, r), func(f *loading[K, V]) { l.report(f.key, r, r.err != ErrClosed) })
}

// expireLoads ends with r the loads of c that are not writing to the store, and returns
// those that it ended.
func (l *Loader[K, V]) expireLoads(c *call[K, V], r result[V]) (ended []*loading[K, V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range c.loads {
		if f.writing == nil && l.failLocked(f, r) {
			ended = append(ended, f)
		}
	}
	if r.err != ErrClosed {
		l.counts.failures.Add(uint64(len(ended)))
	}
	return ended
}

// failLocked is endLocked for a failed load. It remembers the failure for RetryAfter.
func (l *Loader[K, V]) failLocked(f *loading[K, V], r result[V]) bool {
	l.rememberLocked(f, r.err, false)
	return l.endLocked(f, r)
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
