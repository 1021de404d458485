package lastmodstore

import "time"

// Close ends all loads: it cancels their contexts, stores nothing more, and makes
// waiting callers return [ErrClosed]. Then it waits until the load functions have
// returned, so a source that ignores its context delays Close. With [LoadTimeout]
// it waits no longer than that time, and then returns [ErrLoadTimeout].
//
// After Close, Get and GetFresh return entries that are present and fresh (with
// ServeStale, any that are present), and otherwise ErrClosed. Close does not close
// the store: close it after the Loader. Close is idempotent and safe to call
// concurrently with every other method, but not from a LoadFunc or a hook, because
// it waits for them.
func (l *Loader[K, V]) Close() error {
	l.mu.Lock()
	l.dropFailuresLocked()
	if !l.closed && l.running == 0 {
		close(l.idle)
	}
	l.closed = true
	l.mu.Unlock()
	l.confirmed.drop()
	l.cancel(ErrClosed)
	return l.awaitIdle()
}

func (l *Loader[K, V]) awaitIdle() error {
	var timeout <-chan time.Time
	if l.timeout > 0 {
		timer := time.NewTimer(l.timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-l.idle:
		return nil
	case <-timeout:
		return ErrLoadTimeout
	}
}
