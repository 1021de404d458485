package lastmodstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// The model of the Loader: callers that get one key or many, give up, invalidate, and use
// the store directly, and a source that changes, is slow, fails and hangs. There is no second
// implementation to compare with. Instead each value is unique, so the checks in
// loader_model_check_test.go know what became of it and how old it was when a caller
// received it.

const (
	modelKeys    = 3
	modelCallers = 6
	modelCalls   = 60
	modelTimeout = 700*time.Millisecond + 250*time.Microsecond
	modelRetry   = 90*time.Millisecond + 300*time.Microsecond
	modelAhead   = 400 * time.Millisecond
)

// untilSlot returns the duration until the first instant after about d that is slot
// nanoseconds into a millisecond. Different slots keep events at different instants, so
// that their order is known: callers act at [0, 1000) ns and loads return at [1000,
// 50000) ns. Timeouts, retries, TTLs and the timeouts of callers add 250, 300, 500 and
// 800 µs.
func untilSlot(d time.Duration, slot int) time.Duration {
	now := time.Now()
	target := now.Add(d).Truncate(time.Millisecond).Add(time.Duration(slot))
	if !target.After(now) {
		target = target.Add(time.Millisecond)
	}
	return target.Sub(now)
}

type modelValue struct{ version, id int } // id: of the load, or negative if set directly

type modelLoad struct {
	id, key     int
	ctx         context.Context
	read        time.Time // when it read its source
	version     int       // what it read
	invalidated bool
	running     bool
}

type loaderModel struct {
	t      *testing.T
	store  lastmodstore.Store[int, modelValue]
	loader *lastmodstore.Loader[int, modelValue]
	seed   uint64
	stale  bool
	limit  time.Duration // of MaxStale; 0: none
	ahead  bool          // with RefreshAhead

	mu        sync.Mutex // guards the fields below
	version   [modelKeys]int
	loads     []*modelLoad
	direct    int
	known     map[modelValue][]modelEvidence
	returned  map[modelValue]bool // true if it must not be stored
	discarded map[modelValue]int
	removed   map[modelValue]int
	failures  int // number that must be reported
	reported  int
	failed    [modelKeys]time.Time // time of the latest failed load that is still remembered
	notFound  [modelKeys]time.Time // time of the latest load that found no value
	loadTime  time.Duration
	served    uint64               // entries older than a caller's maxAge
	forgotten [modelKeys]time.Time // beginning of the latest Invalidate that has returned
	closing   bool
}

// A modelEvidence records when a value was read from the source, and when it was stored
// or confirmed.
type modelEvidence struct{ read, stored time.Time }

var errModel = errors.New("broken")

// call performs one random operation of a caller.
func (m *loaderModel) call(random *rand.Rand) {
	key := random.IntN(modelKeys)
	switch random.IntN(24) {
	case 0, 1:
		m.invalidate(key)
	case 2:
		m.set(key)
	case 3:
		m.store.Delete(key)
	case 4:
		m.touch(key, modelTTL(random))
	case 5, 6, 7:
		m.change(key)
	case 8, 9, 10, 11:
		m.getMany(random)
	default:
		m.get(random, key)
	}
}

func (m *loaderModel) get(random *rand.Rand, key int) {
	ctx, cancel := modelContext(random)
	defer cancel()
	m.mu.Lock()
	floor := m.forgotten[key]
	m.mu.Unlock()
	asked := time.Now()
	var e lastmodstore.Entry[modelValue]
	var err error
	maxAge := time.Duration(-1)
	if random.IntN(2) == 0 {
		e, err = m.loader.Get(ctx, key)
	} else {
		maxAge = []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond}[random.IntN(3)]
		e, err = m.loader.GetFresh(ctx, key, maxAge)
	}
	m.checkGet(ctx, asked, floor, maxAge, e, err)
	m.checkNotExpired(e, time.Now())
}

// modelContext returns the context of a caller, which may be impatient.
func modelContext(random *rand.Rand) (context.Context, context.CancelFunc) {
	if random.IntN(3) > 0 {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), time.Duration(random.IntN(150))*time.Millisecond+800*time.Microsecond)
}

// run runs the callers, waits until all loads and timers have ended, and closes the
// loader, whose counters it returns.
func (m *loaderModel) run() lastmodstore.LoaderStats {
	defer m.store.Close()
	m.store.OnRemove(func(_ int, e lastmodstore.Entry[modelValue], _ lastmodstore.EventKind) { m.count(m.removed, e.Value) })
	var wg sync.WaitGroup
	for slot := range modelCallers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(m.seed, uint64(slot)))
			for range modelCalls {
				time.Sleep(untilSlot(time.Duration(random.IntN(120))*time.Millisecond, slot))
				m.call(random)
			}
		})
	}
	wg.Wait()
	if m.seed%3 != 0 { // otherwise Close ends what is still running
		time.Sleep(time.Minute)
		synctest.Wait()
		m.checkNothingHeld("when all loads and timers have ended", false)
	}
	m.mu.Lock()
	m.closing = true
	m.mu.Unlock()
	if err := m.loader.Close(); err != nil {
		time.Sleep(time.Minute) // a load that ignores its context
	}
	m.checkNothingHeld("after Close", true)
	m.checkEnd()
	return m.loader.Stats()
}

func TestLoaderAgreesWithModelUnderRandomUse(t *testing.T) {
	type open func() lastmodstore.Store[int, modelValue]
	for name, open := range map[string]open{
		"actor":      func() lastmodstore.Store[int, modelValue] { return actor.New[int, modelValue](time.Second) },
		"mutexstore": func() lastmodstore.Store[int, modelValue] { return mutexstore.New[int, modelValue](0) },
		"sharded": func() lastmodstore.Store[int, modelValue] {
			return lastmodstore.NewSharded(2, func() lastmodstore.Store[int, modelValue] { return mutexstore.New[int, modelValue](time.Second) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			var joint, stale, refreshes uint64
			for seed := range uint64(60) {
				synctest.Test(t, func(t *testing.T) {
					stats := newLoaderModel(t, open(), seed).run()
					joint, stale, refreshes = joint+stats.Loads-stats.Calls, stale+stats.Stale, refreshes+stats.Refreshes
				})
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			if joint < 50 || stale < 100 || refreshes < 50 {
				t.Errorf("too little use: %d loads shared a call, %d stale entries, %d refreshes", joint, stale, refreshes)
			}
		})
	}
}
