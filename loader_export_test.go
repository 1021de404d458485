package lastmodstore

// Held returns what l holds: the numbers of loads in progress, of failures and
// confirmations that it remembers, and of goroutines and timers that Close would
// wait for.
func (l *Loader[K, V]) Held() (loads, failures, confirmations, running int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.confirmed.mu.RLock()
	defer l.confirmed.mu.RUnlock()
	return len(l.loading), len(l.failed.young) + len(l.failed.old), len(l.confirmed.byKey), l.running
}
