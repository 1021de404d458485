package lastmodstore

// Held returns how much l holds: loads in progress, failures and confirmations that
// it remembers, and what Close would wait for.
func (l *Loader[K, V]) Held() (loads, failures, confirmations, running int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.confirmed.mu.RLock()
	defer l.confirmed.mu.RUnlock()
	return len(l.loading), len(l.failed.young) + len(l.failed.old), len(l.confirmed.byKey), l.running
}
