package lastmodstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

func newLoaderModel(t *testing.T, s lastmodstore.Store[int, modelValue], seed uint64) *loaderModel {
	m := &loaderModel{t: t, store: s, seed: seed, stale: seed%2 == 0, ahead: seed%5 < 3,
		known: map[modelValue][]modelEvidence{}, returned: map[modelValue]bool{},
		discarded: map[modelValue]int{}, removed: map[modelValue]int{}}
	opts := []lastmodstore.LoaderOption{
		lastmodstore.LoadTimeout(modelTimeout), lastmodstore.RetryAfter(modelRetry), lastmodstore.LoadMany(m.loadMany),
		lastmodstore.OnDiscard(func(_ int, v modelValue) { m.count(m.discarded, v) }),
		lastmodstore.OnLoadError(func(int, error) { m.mu.Lock(); m.reported++; m.mu.Unlock() }),
	}
	if m.stale {
		opts = append(opts, lastmodstore.ServeStale())
		if seed%4 == 0 {
			m.limit = 200 * time.Millisecond
			opts = append(opts, lastmodstore.MaxStale(m.limit))
		}
	}
	if m.ahead {
		opts = append(opts, lastmodstore.RefreshAhead(modelAhead))
	}
	m.loader = lastmodstore.NewLoader(s, m.load, opts...)
	return m
}

func (m *loaderModel) count(in map[modelValue]int, v modelValue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in[v]++
}

// beginLoad records that a load begins. The returned source of random numbers decides
// what it does.
func (m *loaderModel) beginLoad(ctx context.Context, key int) (*modelLoad, *rand.Rand) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &modelLoad{id: len(m.loads) + 1, key: key, ctx: ctx, running: true}
	for _, other := range m.loads {
		if other.ctx == ctx && other.key == key { // the entry it confirmed was removed: the same load calls its source again
			f.invalidated = f.invalidated || other.invalidated
		}
	}
	m.loads = append(m.loads, f)
	if !f.invalidated {
		m.checkBegin(f)
	}
	return f, rand.New(rand.NewPCG(m.seed, 1000+uint64(f.id)))
}

// checkBegin checks that f is the only load of its key that is neither canceled nor
// invalidated, and that no load of the key has failed within the retry time.
func (m *loaderModel) checkBegin(f *modelLoad) {
	for _, other := range m.loads {
		if other == f || !other.running || other.key != f.key || other.invalidated {
			continue
		}
		if other.ctx.Err() == nil {
			m.t.Errorf("load %d of key %d is already running", other.id, f.key)
		}
		m.noteTimeout(other)
	}
	if at := m.failed[f.key]; !at.IsZero() && time.Since(at) < modelRetry {
		m.t.Errorf("key %d is loaded %v after a failed load", f.key, time.Since(at))
	}
}

func (m *loaderModel) readSource(loads []*modelLoad) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range loads {
		f.read, f.version = time.Now(), m.version[f.key]
	}
}

func (m *loaderModel) addTime(start time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loadTime += time.Since(start)
}

// noteTimeout records that f has failed if it has timed out.
func (m *loaderModel) noteTimeout(f *modelLoad) {
	deadline, _ := f.ctx.Deadline()
	if context.Cause(f.ctx) == lastmodstore.ErrLoadTimeout && !f.invalidated && deadline.After(m.failed[f.key]) {
		m.failed[f.key] = deadline
	}
}

// endLoadOf records that f returns v with ttl, which may be invalid. Nobody notices that if
// the value is not stored.
func (m *loaderModel) endLoadOf(f *modelLoad, v modelValue, ttl time.Duration) {
	m.mu.Lock()
	invalidated := f.invalidated
	m.mu.Unlock()
	outcome := modelReturns
	if ttl == -9 && !invalidated {
		outcome = modelFails
	}
	m.endLoad(f, v, outcome)
}

// endLoad records that f returns v or fails, and what the Loader must do about it.
func (m *loaderModel) endLoad(f *modelLoad, v modelValue, outcome modelOutcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	failed := outcome == modelFails || outcome == modelCrashes
	f.running = false
	cause := context.Cause(f.ctx)
	m.noteTimeout(f)
	isUsed := cause == nil && !f.invalidated
	timedOut := cause == lastmodstore.ErrLoadTimeout
	if timedOut || failed && cause == nil {
		m.failures++
	}
	if outcome == modelCrashes && cause != nil {
		m.failures++ // a panic is always reported
	}
	if isUsed && (failed || outcome == modelFindsNone) {
		m.failed[f.key] = time.Now()
	}
	if outcome == modelFindsNone {
		m.notFound[f.key] = time.Now()
	}
	if v.version >= 0 && (v.id == f.id || isUsed) {
		m.known[v] = append(m.known[v], modelEvidence{f.read, time.Now()})
	}
	if v.version >= 0 && v.id == f.id {
		m.returned[v] = !isUsed || failed
	}
}

func (m *loaderModel) invalidate(key int) {
	begin := time.Now()
	m.mu.Lock()
	for _, f := range m.loads {
		f.invalidated = f.invalidated || f.running && f.key == key
	}
	m.failed[key] = time.Time{}
	m.mu.Unlock()
	m.loader.Invalidate(key)
	m.mu.Lock()
	m.forgotten[key] = begin
	m.mu.Unlock()
}

// set writes the source's version directly to the store.
func (m *loaderModel) set(key int) {
	m.mu.Lock()
	m.direct--
	v := modelValue{m.version[key], m.direct}
	m.known[v] = []modelEvidence{{time.Now(), time.Now()}}
	m.mu.Unlock()
	m.store.Set(key, v, lastmodstore.NoExpiry)
}

// touch sets the deadline of an entry, which counts as confirming it.
func (m *loaderModel) touch(key int, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, _ := m.store.GetEntry(key)
	if ok, _ := m.store.Touch(key, ttl); ok && ttl > 0 {
		m.known[e.Value] = append(m.known[e.Value], modelEvidence{stored: time.Now()})
	}
}

func (m *loaderModel) change(key int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version[key]++
}

// checkGet checks what a caller received: that it did not wait too long, that the value
// was read from the source after the last Invalidate before the call, and that it is
// no older than maxAge.
func (m *loaderModel) checkGet(ctx context.Context, asked, floor time.Time, maxAge time.Duration, e lastmodstore.Entry[modelValue], err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	waited := time.Since(asked)
	if waited > 2*modelTimeout {
		m.t.Errorf("a caller waited for %v", waited)
	}
	if err != nil {
		m.checkError(ctx, err)
		return
	}
	fresh, valid := maxAge < 0, false
	recent := m.stale && waited == 0 && m.limit == 0
	for _, k := range m.known[e.Value] {
		fresh = fresh || !k.stored.Before(asked.Add(-maxAge))
		recent = recent || m.stale && waited == 0 && !k.stored.Before(asked.Add(-maxAge-m.limit))
		valid = valid || !k.read.Before(floor)
	}
	if !valid {
		m.t.Errorf("%v was read before it was invalidated", e.Value)
	}
	if !fresh && !recent {
		m.t.Errorf("%v is older than %v", e.Value, maxAge)
	}
	if !fresh {
		m.served++
	}
}

// checkNotExpired checks that e, which a caller received, had not expired at t.
func (m *loaderModel) checkNotExpired(e lastmodstore.Entry[modelValue], t time.Time) {
	if !e.ExpiresAt.IsZero() && !t.Before(e.ExpiresAt) {
		m.t.Errorf("%v has expired", e.Value)
	}
}

func (m *loaderModel) checkError(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil && err == ctx.Err():
	case errors.Is(err, errModel), errors.Is(err, lastmodstore.ErrLoadTimeout), errors.Is(err, lastmodstore.ErrInvalidTTL):
	case errors.Is(err, lastmodstore.ErrNotFound):
	case err.Error() == "lastmodstore: the load ended its goroutine (runtime.Goexit)":
	default:
		m.t.Errorf("unexpected error: %v", err)
	}
}

// checkEnd checks that each loaded value was stored or discarded exactly once, that no
// value was stored that must not be, and that each failure was reported once.
func (m *loaderModel) checkEnd() {
	m.store.Cleanup()
	for _, e := range m.store.All() {
		m.count(m.removed, e.Value)
	}
	m.store.Close() // returns when all removals have been reported
	m.mu.Lock()
	defer m.mu.Unlock()
	for v, mustNot := range m.returned {
		if m.removed[v]+m.discarded[v] != 1 || mustNot && m.removed[v] > 0 {
			m.t.Errorf("%v was stored %d times and discarded %d times; may it be stored? %t", v, m.removed[v], m.discarded[v], !mustNot)
		}
	}
	if m.reported != m.failures {
		m.t.Errorf("%d failures, %d reported", m.failures, m.reported)
	}
	m.checkStats()
}
