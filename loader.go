package lastmodstore

import (
	"context"
	"sync"
	"time"
)

// A LoadFunc fetches the value of key from its source and returns how long it may
// live: a TTL as [Writer] takes it. It is given the present entry, if there is one,
// so that it can ask the source "changed since?". If nothing has changed it returns
// [ErrNotModified]: the present value stays, with its LastModified, and only its
// deadline is set as by [Writer] Touch. So no OnRemove is told of it.
//
// A load is shared, so its context is not that of a caller and carries none of a
// caller's values: whatever depends on the caller belongs in the key. It ends when
// every caller has given up, and with LoadTimeout and Close; a load that ignores it
// delays nobody but Close, and its value is not stored. A LoadFunc may call the
// Loader for other keys, but a Get of its own key waits for itself.
type LoadFunc[K comparable, V any] func(ctx context.Context, key K, present Entry[V], ok bool) (V, time.Duration, error)

// A Loader fills a store from a source: one load of each key at a time, however
// many callers ask for it. Open one with [NewLoader]. All methods are safe to call
// concurrently with each other and with direct use of the store.
//
// A load never overwrites what was written since it began, and does not store a
// value if the entry it began with was deleted. It cannot see a key that was absent
// when it began being set and deleted again, nor an entry being deleted whose
// deadline has passed by its end. Use Invalidate, which is exact, when the source
// has changed. Nor is [ErrNotModified] one step: a Set between the Loader's last look
// at the entry and its Touch keeps its value, but gets the deadline of the load.
//
// Where caches differ: a value whose key is invalidated during its load reaches
// the callers that already waited, as in Caffeine's AsyncCache, but never the
// store; otter repeats the load, which takes forever under frequent invalidation,
// and sturdyc stores the value. A failed load keeps the present value, as in all
// three. A load of which every caller has given up is cancelled; otter and sturdyc
// run it with the context of the first caller, which fails the others with it.
type Loader[K comparable, V any] struct {
	store      Store[K, V]
	load       LoadFunc[K, V]
	stale      bool
	timeout    time.Duration
	retryAfter time.Duration
	onError    func(K, error) // may be nil
	onDiscard  func(K, V)     // may be nil

	ctx       context.Context // of all loads
	cancel    context.CancelCauseFunc
	idle      chan struct{} // closed when the loader is closed and nothing runs
	confirmed validations[K]

	mu      sync.Mutex // guards what follows
	loading map[K]*loading[V]
	failed  failures[K]
	closed  bool
	running int // goroutines and timers that Close waits for
}

// NewLoader returns a Loader that fills s by load. Close it to end its loads. It
// panics if s or load is nil, or if the functions given to OnLoadError or OnDiscard
// take other types than K and V.
func NewLoader[K comparable, V any](s Store[K, V], load LoadFunc[K, V], opts ...LoaderOption) *Loader[K, V] {
	if s == nil || load == nil {
		panic("lastmodstore: NewLoader needs a store and a LoadFunc: neither may be nil")
	}
	var c loaderConfig
	for _, apply := range opts {
		apply(&c)
	}
	l := &Loader[K, V]{
		store: s, load: load, stale: c.stale, timeout: c.timeout, retryAfter: c.retryAfter,
		onError:   typedHook[func(K, error)]("OnLoadError", c.onError),
		onDiscard: typedHook[func(K, V)]("OnDiscard", c.onDiscard),
		idle:      make(chan struct{}),
		loading:   map[K]*loading[V]{},
	}
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	return l
}

// Get returns the entry of key and loads it if there is none. A caller that asks
// while a load runs gets its result; that load may have begun before the call.
//
// The error is that of the load, which all its callers receive; a [*PanicError] if
// it panicked; [ErrLoadTimeout]; ctx's error if ctx ends first (a ctx that has
// ended still gets what is present); [ErrInvalidKey] for a key that is not equal to
// itself (NaN), which is not loaded; [ErrClosed] if the key would have to be loaded
// and the Loader or the store is closed. Within [RetryAfter] of a failed load it is
// that load's error again.
//
// If the store refuses a loaded value ([ErrFull], [ErrInvalidTTL], [ErrClosed]),
// Get returns it together with that error. A value that was loaded and not stored
// comes in an Entry without times: with such an error, or without an error if the
// key was invalidated or deleted during the load.
func (l *Loader[K, V]) Get(ctx context.Context, key K) (Entry[V], error) {
	return l.get(ctx, key, time.Time{}, time.Time{})
}

// GetFresh is Get for a value that was stored, or confirmed by [ErrNotModified], no
// longer than maxAge before the call, by the wall clock. An older one is loaded
// again. With maxAge 0, what is present is too old. An entry that expires counts
// as confirmed whenever its deadline was set, so a Touch confirms it as well.
//
// With [ServeStale], GetFresh returns an older value at once and has it loaded in
// the background.
func (l *Loader[K, V]) GetFresh(ctx context.Context, key K, maxAge time.Duration) (Entry[V], error) {
	now := wallNow()
	if maxAge <= 0 {
		return l.get(ctx, key, afterAll, now)
	}
	return l.get(ctx, key, now.Add(-maxAge), now.Add(-maxAge))
}

// afterAll is later than any entry can have been stored.
var afterAll = time.Unix(1<<40, 0)

// get returns the entry of key if it was stored or confirmed at or after present, or
// once a load has ended at or after since.
func (l *Loader[K, V]) get(ctx context.Context, key K, present, since time.Time) (Entry[V], error) {
	if key != key { //nolint:staticcheck // NaN; and an unhashable key panics here, in the caller
		return Entry[V]{}, ErrInvalidKey
	}
	for {
		e, ok := l.store.GetEntry(key)
		if ok && l.isFresh(key, e, present) {
			return e, nil
		}
		if err := ctx.Err(); err != nil {
			return Entry[V]{}, err
		}
		serveStale := ok && l.stale
		f, err := l.join(key, present, !serveStale)
		if serveStale {
			return e, nil
		} else if err != nil {
			return Entry[V]{}, err
		}
		if r, ok := l.wait(ctx, key, f); !ok {
			return Entry[V]{}, ctx.Err()
		} else if r.err != nil || r.loaded || l.isFresh(key, r.entry, since) {
			return r.entry, r.err
		} // otherwise a more patient caller only found what was there
	}
}

// wait returns the result of f, or false if ctx ends first.
func (l *Loader[K, V]) wait(ctx context.Context, key K, f *loading[V]) (result[V], bool) {
	select {
	case <-f.done:
		return f.result, true
	case <-ctx.Done():
		l.leave(key, f)
		return result[V]{}, false
	}
}

// Invalidate removes the entry of key and reports whether there was one. No load of
// key that began earlier is stored, whenever it ends. Callers that wait for such a
// load receive its value unstored; later callers do not join it, but begin another
// one. A failure that [RetryAfter] remembers is forgotten.
//
// The error is that of Delete. Invalidate works after Close, and knows only the
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

// Close ends all loads: it cancels their contexts, stores nothing more, and lets
// callers that wait return [ErrClosed]. Then it waits for the load functions to
// return; with [LoadTimeout] no longer than that, after which it returns
// [ErrLoadTimeout]. So a source that ignores its context delays Close.
//
// After Close, Get and GetFresh return what is present and fresh (with ServeStale,
// whatever is present), and otherwise ErrClosed. The store stays open: close it
// after the Loader. Close is idempotent and safe to call concurrently with
// everything, but not from a LoadFunc or a hook, for which it waits.
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
	var late <-chan time.Time
	if l.timeout > 0 {
		timer := time.NewTimer(l.timeout)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-l.idle:
		return nil
	case <-late:
		return ErrLoadTimeout
	}
}
