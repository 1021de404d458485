package lastmodstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A LoadFunc fetches the value of key from its source. It returns the value and its
// TTL, as [Writer] takes it.
//
// If the key has a present entry, the LoadFunc receives it together with true, so
// that it can ask the source whether anything has changed since. If nothing has, it
// returns [ErrNotModified]: the present value stays, with its LastModified, and the
// Loader sets only the deadline, as [Writer].Touch does. No OnRemove function is
// called then. If the source has no value for key, it returns [ErrNotFound].
//
// A load is shared by all callers, so ctx is not the context of any of them and
// carries none of their values: whatever depends on the caller belongs in the key.
// ctx ends when every caller has given up, on LoadTimeout, and on Close. A LoadFunc
// that ignores ctx delays only Close, and its value is not stored. A LoadFunc may
// call the Loader for other keys; a Get of its own key would wait for itself.
type LoadFunc[K comparable, V any] func(ctx context.Context, key K, present Entry[V], ok bool) (V, time.Duration, error)

// A Loader fills a store from a source. It runs one load per key at a time, however
// many callers ask for the key, alone or with others (GetMany). Open one with
// [NewLoader]. All methods are safe to call concurrently with each other and with direct
// use of the store.
//
// A load never overwrites what was written since it began, and does not store its
// value if the entry it began with was deleted. There are two cases it cannot
// detect: a key that was absent when the load began, and was set and deleted again
// since; and, except in a refresh ([RefreshAhead]), an entry that was deleted and whose
// deadline has passed when the load ends. When the source has changed, call Invalidate,
// which is exact. Nor is keeping a value by [ErrNotModified] a single step: if a Set
// happens between the Loader's last check of the entry and its Touch, its value stays,
// but gets the deadline of the load.
//
// Other caches differ in three cases. If a key is invalidated during its load, the
// value reaches the callers that already waited, as in Caffeine's AsyncCache, but
// never the store; otter repeats the load, which under frequent invalidation never
// ends, and sturdyc stores the value. If a load fails, the present value stays, as
// in all three. If every caller of a load has given up, the load is canceled; otter
// and sturdyc run it with the context of the first caller: when that ends, sturdyc
// fails the other callers, and one of otter's loads again.
type Loader[K comparable, V any] struct {
	store      Store[K, V]
	load       LoadFunc[K, V]
	loadMany   LoadManyFunc[K, V] // may be nil
	stale      bool
	maxStale   time.Duration // 0: no limit
	ahead      time.Duration // 0: no refresh
	timeout    time.Duration
	retryAfter time.Duration
	onError    func(K, error) // may be nil
	onDiscard  func(K, V)     // may be nil

	ctx       context.Context // of all loads
	cancel    context.CancelCauseFunc
	idle      chan struct{} // closed when the loader is closed and nothing is running
	confirmed validations[K]

	counts     counters
	refreshing atomic.Int32 // calls begun by RefreshAhead; incremented under the lock
	lead       atomic.Int64 // nanoseconds by which the store's clock is ahead: see noteLead

	mu      sync.Mutex // guards the fields below
	loading map[K]*loading[K, V]
	failed  failures[K]
	closed  bool
	running int // goroutines and timers that Close waits for
}

// NewLoader returns a Loader that fills s by calling load. Close it to end its
// loads. NewLoader panics if s or load is nil, if a function given to an option does not
// match the types K and V, or if MaxStale is given without ServeStale.
func NewLoader[K comparable, V any](s Store[K, V], load LoadFunc[K, V], opts ...LoaderOption) *Loader[K, V] {
	if s == nil || load == nil {
		panic("lastmodstore: NewLoader: the store and the LoadFunc must not be nil")
	}
	var c loaderConfig
	for _, apply := range opts {
		apply(&c)
	}
	if c.maxStale > 0 && !c.stale {
		panic("lastmodstore: NewLoader: MaxStale limits ServeStale: give both options, or neither")
	}
	l := &Loader[K, V]{
		store: s, load: load, stale: c.stale, maxStale: c.maxStale, ahead: c.ahead,
		timeout: c.timeout, retryAfter: c.retryAfter,
		loadMany:  typedHook[LoadManyFunc[K, V]]("LoadMany", c.loadMany),
		onError:   typedHook[func(K, error)]("OnLoadError", c.onError),
		onDiscard: typedHook[func(K, V)]("OnDiscard", c.onDiscard),
		idle:      make(chan struct{}),
		loading:   map[K]*loading[K, V]{},
	}
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	return l
}

// Get returns the entry for key, loading it if it is absent. If a load of key is
// already running, Get waits for it and returns its result.
//
// If the load fails, all callers that wait for it receive its error: what the
// LoadFunc returned, a [*PanicError] if it or the store panicked, or [ErrLoadTimeout]. Within
// [RetryAfter] of a failed load, Get returns that load's error again. If ctx ends
// first, Get returns ctx's error; with a ctx that has already ended it still
// returns a present entry. For a key that is not equal to itself (NaN) it returns
// [ErrInvalidKey] and loads nothing. If the key is absent and the Loader or the
// store is closed, it returns [ErrClosed].
//
// If the store refuses the loaded value ([ErrFull], [ErrInvalidTTL],
// [ErrClosed]), Get returns the value together with that error. If the key was
// invalidated or deleted during the load, Get returns the value without an error.
// In both cases the value was not stored, and its Entry has no times.
func (l *Loader[K, V]) Get(ctx context.Context, key K) (Entry[V], error) {
	return l.get(ctx, key, time.Time{}, time.Time{}, time.Time{})
}

// GetFresh is like Get, but loads the entry again unless it was stored, or confirmed
// by [ErrNotModified], no longer than maxAge before the call, by the wall clock.
// With maxAge 0, every present entry is too old. For an entry that expires, setting
// its deadline counts as confirming it, so a Touch does as well.
//
// With [ServeStale], GetFresh returns an older entry at once and loads it in the
// background, up to the age that [MaxStale] allows.
func (l *Loader[K, V]) GetFresh(ctx context.Context, key K, maxAge time.Duration) (Entry[V], error) {
	now := wallNow()
	oldest := now.Add(-max(0, maxAge))
	var stale time.Time
	if l.maxStale > 0 {
		stale = oldest.Add(-l.maxStale)
	}
	if maxAge <= 0 {
		return l.get(ctx, key, afterAll, now, stale)
	}
	return l.get(ctx, key, oldest, oldest, stale)
}

// afterAll is later than the time of any entry.
var afterAll = time.Unix(1<<40, 0)

// get returns the entry for key if it was stored or confirmed at or after present, and
// otherwise loads key. If the load finds an entry in the store that is fresh enough for
// the caller that began it, get returns that entry only if it was stored or confirmed at
// or after since, and otherwise loads key again. With ServeStale, get does not wait if the
// entry was stored or confirmed at or after stale.
func (l *Loader[K, V]) get(ctx context.Context, key K, present, since, stale time.Time) (Entry[V], error) {
	if key != key { //nolint:staticcheck // NaN; and an unhashable key panics here, in the caller
		return Entry[V]{}, ErrInvalidKey
	}
	for {
		e, ok := l.store.GetEntry(key)
		if ok && l.isFresh(key, e, present) {
			if l.isDue(e) {
				l.refreshAhead(false, key)
			}
			return e, nil
		}
		if err := ctx.Err(); err != nil {
			return Entry[V]{}, err
		}
		serveStale := ok && l.stale && l.isFresh(key, e, stale)
		f, err := l.join(key, present, !serveStale)
		if serveStale {
			l.counts.stale.Add(1)
			return e, nil
		} else if err != nil {
			return Entry[V]{}, err
		}
		if r, ok := l.wait(ctx, f); !ok {
			return Entry[V]{}, ctx.Err()
		} else if r.err != nil || r.loaded || l.isFresh(key, r.entry, since) {
			return r.entry, r.err
		} // otherwise the load was begun by a caller with a larger maxAge
	}
}

// wait returns the result of f. It returns false if ctx ends first.
func (l *Loader[K, V]) wait(ctx context.Context, f *loading[K, V]) (result[V], bool) {
	l.counts.waiting.Add(1)
	defer l.counts.waiting.Add(-1)
	select {
	case <-f.done:
		return f.result, true
	case <-ctx.Done():
	}
	select {
	case <-f.done: // of GetMany's other loads, some may have ended before ctx
		return f.result, true
	default:
		l.leave(f)
		return result[V]{}, false
	}
}

// Invalidate removes the entry for key and reports whether it was present. No load
// of key that began before the call is stored, whenever it ends: callers that wait
// for such a load receive its value, and later callers begin another load.
// Invalidate also forgets a failure that [RetryAfter] remembers.
//
// The error is that of Delete. Invalidate works after Close. It affects only the
// loads of this Loader.
func (l *Loader[K, V]) Invalidate(key K) (bool, error) {
	if key != key { //nolint:staticcheck // as in get
		return false, ErrInvalidKey
	}
	if writing := l.detach(key); writing != nil {
		<-writing // takes no longer than a Set
	}
	return l.store.Delete(key)
}
