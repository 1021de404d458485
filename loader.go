package lastmodstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// ErrNotModified is what a [LoadFunc] answers to keep the present value: its source
// has nothing newer.
var ErrNotModified = errors.New("lastmodstore: not modified")

// A LoadFunc fetches the value of key from its source and says how long it may
// live. It is given the present entry, if there is one, so that it can ask the
// source "changed since?"; if not, it answers [ErrNotModified], and the present
// value is stored anew with that TTL and a new LastModified.
//
// The context is not that of one caller: it ends when all who wait have given
// up.
type LoadFunc[K comparable, V any] func(ctx context.Context, key K, present Entry[V], ok bool) (V, time.Duration, error)

// A Loader fills a store from a source: one load for each key, however many ask
// for it. Open one with [NewLoader]. It is safe for concurrent use.
type Loader[K comparable, V any] struct {
	store Store[K, V]
	load  LoadFunc[K, V]
	stale bool

	mu      sync.Mutex // guards what follows
	loading map[K]*loading[V]
}

// A LoaderOption changes how a Loader works.
type LoaderOption func(*loaderConfig)

type loaderConfig struct{ stale bool }

// ServeStale makes GetFresh answer the present value, though it is too old,
// while one load of it runs.
func ServeStale() LoaderOption { return func(c *loaderConfig) { c.stale = true } }

// NewLoader makes a loader that fills s by load.
func NewLoader[K comparable, V any](s Store[K, V], load LoadFunc[K, V], opts ...LoaderOption) *Loader[K, V] {
	var c loaderConfig
	for _, apply := range opts {
		apply(&c)
	}
	return &Loader[K, V]{store: s, load: load, stale: c.stale, loading: map[K]*loading[V]{}}
}

// A loading is one load in progress. Its done is closed when the fields below
// that are there.
type loading[V any] struct {
	cancel  context.CancelFunc
	waiting int // guarded by the loader's lock

	done   chan struct{}
	entry  Entry[V]
	loaded bool // entry comes from the source
	err    error
}

// A PanicError is the panic of a load, as an error to all who waited for it.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // where
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("lastmodstore: a load panicked: %v\n%s", e.Value, e.Stack)
}

// Get answers the entry of key and loads it if there is none. Its errors are
// those of the load, which all who wait receive and which are not stored, those
// of Set, and that of ctx. A panic of the load comes as a [*PanicError].
//
// A load never overwrites what was written since it began: then that is the
// answer. Who asks while a load runs gets its result; it may have begun before.
func (l *Loader[K, V]) Get(ctx context.Context, key K) (Entry[V], error) {
	return l.get(ctx, key, func(Entry[V]) bool { return true })
}

// GetFresh is Get for who wants a value that was stored, or found to be not
// modified, no longer than maxAge ago; else it is loaded anew.
func (l *Loader[K, V]) GetFresh(ctx context.Context, key K, maxAge time.Duration) (Entry[V], error) {
	return l.get(ctx, key, func(e Entry[V]) bool { return time.Since(e.LastModified) <= maxAge })
}

func (l *Loader[K, V]) get(ctx context.Context, key K, fresh func(Entry[V]) bool) (Entry[V], error) {
	for {
		e, ok := l.store.GetEntry(key)
		if ok && fresh(e) || ctx.Err() != nil {
			return e, ctx.Err()
		}
		f := l.join(ctx, key, fresh)
		if ok && l.stale {
			return e, nil // the load goes on, and counts this caller as waiting for ever
		}
		select {
		case <-f.done:
			// Somebody with more patience may only have found what was there.
			if f.err != nil || f.loaded || fresh(f.entry) {
				return f.entry, f.err
			}
		case <-ctx.Done():
			l.leave(key, f)
			return Entry[V]{}, ctx.Err()
		}
	}
}

// join waits for the load of key in progress, or begins one.
func (l *Loader[K, V]) join(ctx context.Context, key K, fresh func(Entry[V]) bool) *loading[V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.loading[key]
	if f == nil {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &loading[V]{done: make(chan struct{}), cancel: cancel}
		l.loading[key] = f
		go l.run(ctx, key, f, fresh)
	}
	f.waiting++
	return f
}

// leave gives up waiting. What nobody waits for any more is cancelled, and no
// longer joined.
func (l *Loader[K, V]) leave(key K, f *loading[V]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		l.forgetLocked(key, f)
	}
}

func (l *Loader[K, V]) forgetLocked(key K, f *loading[V]) {
	if l.loading[key] == f {
		delete(l.loading, key)
	}
}

// run is the goroutine of a load.
func (l *Loader[K, V]) run(ctx context.Context, key K, f *loading[V], fresh func(Entry[V]) bool) {
	f.err = errors.New("lastmodstore: a load ended its goroutine") // unless it returns
	defer func() {
		if p := recover(); p != nil {
			f.err = &PanicError{p, debug.Stack()}
		}
		f.cancel()
		l.mu.Lock()
		l.forgetLocked(key, f)
		l.mu.Unlock()
		close(f.done)
	}()
	present, ok := l.store.GetEntry(key)
	if ok && fresh(present) { // loaded since the caller looked
		f.entry, f.err = present, nil
		return
	}
	f.loaded = true
	f.entry, f.err = l.fetch(ctx, key, present, ok)
}

// fetch loads key and stores it, unless somebody wrote meanwhile.
func (l *Loader[K, V]) fetch(ctx context.Context, key K, present Entry[V], ok bool) (Entry[V], error) {
	value, ttl, err := l.load(ctx, key, present, ok)
	if ok && errors.Is(err, ErrNotModified) {
		value, err = present.Value, nil
	}
	if err != nil {
		return Entry[V]{}, err
	}
	e, stored, err := l.store.SetIfUnmodifiedSince(key, value, ttl, present.LastModified)
	if err == nil && !stored && e.LastModified.IsZero() {
		// It is gone: deleted, which stays so, or expired, which the load mends.
		if !present.ExpiresAt.IsZero() && !time.Now().Before(present.ExpiresAt) {
			e, _, err = SetIfAbsent(l.store, key, value, ttl)
		}
		if err == nil && e.LastModified.IsZero() {
			e.Value = value
		}
	}
	return e, err
}
