package lastmodstore_test

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// The part of the model that gets several keys, and checks the counters.

// getMany gets up to four keys, some of them twice.
func (m *loaderModel) getMany(random *rand.Rand) {
	ctx, cancel := modelContext(random)
	defer cancel()
	keys := make([]int, random.IntN(5))
	for i := range keys {
		keys[i] = random.IntN(modelKeys)
	}
	m.mu.Lock()
	floors := m.forgotten
	m.mu.Unlock()
	asked := time.Now()
	entries, err := m.loader.GetMany(ctx, keys)
	var failed lastmodstore.LoadErrors[int]
	if err != nil && !errors.As(err, &failed) {
		m.t.Errorf("unexpected error: %v", err)
	}
	found := 0
	for key := range modelKeys {
		e, ok := entries[key]
		if ok {
			found++
			m.checkGet(ctx, asked, floors[key], -1, e, nil)
			m.checkNotExpired(e, asked)
		}
		if failed[key] != nil {
			m.checkGet(ctx, asked, floors[key], -1, e, failed[key])
		}
	}
	if found < len(entries) {
		m.t.Errorf("%d entries of %v", len(entries), keys)
	}
	m.checkComplete(keys, asked, entries, failed)
}

// checkComplete checks that each of keys has an entry, or an error, or no value.
func (m *loaderModel) checkComplete(keys []int, asked time.Time, entries map[int]lastmodstore.Entry[modelValue], failed map[int]error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wanted := map[int]bool{}
	for _, key := range keys {
		wanted[key] = true
		_, ok := entries[key]
		if !ok && failed[key] == nil && m.notFound[key].Before(asked.Add(-modelRetry)) {
			m.t.Errorf("key %d has neither an entry nor an error, and was found", key)
		}
	}
	for key := range modelKeys {
		if _, ok := entries[key]; (ok || failed[key] != nil) && !wanted[key] {
			m.t.Errorf("nobody asked for key %d", key)
		}
	}
}

func (m *loaderModel) checkNothingHeld(when string, closed bool) {
	loads, failures, confirmations, running := m.loader.Held()
	if loads+failures+running > 0 || closed && confirmations > 0 || confirmations > modelKeys {
		m.t.Errorf("%s: %d loads, %d failures, %d confirmations, %d running", when, loads, failures, confirmations, running)
	}
}

// checkStats checks the counters when everything has ended. The lock is held.
func (m *loaderModel) checkStats() {
	stats := m.loader.Stats()
	if stats.Loads != uint64(len(m.loads)) || stats.LoadTime != m.loadTime || stats.Failures != uint64(m.failures) {
		m.t.Errorf("%d loads in %v, %d failures: %+v", len(m.loads), m.loadTime, m.failures, stats)
	}
	if stats.Waiting != 0 || stats.Stale < m.served || !m.stale && stats.Stale > 0 || !m.ahead && stats.Refreshes > 0 {
		m.t.Errorf("%d stale entries, none waits: %+v", m.served, stats)
	}
}
