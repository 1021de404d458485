package lastmodstore

import (
	"context"
	"fmt"
	"time"
)

// A LoadManyFunc fetches the values of several keys from their source in one call, for
// [Loader.GetMany]. No key is given to it twice. It may keep and modify keys.
//
// A key that it leaves out of its result has no value: the load of this key ends with
// [ErrNotFound]. A key whose [Loaded] has an Err fails alone. If the function itself
// returns an error, panics or ends its goroutine, all its keys fail with that, and the
// map is ignored. A value for a key that it was not given is not stored, but passed to
// [OnDiscard].
//
// ctx is that of a [LoadFunc]: it ends when every caller that waits for one of the keys
// has given up, on LoadTimeout, and on Close.
type LoadManyFunc[K comparable, V any] func(ctx context.Context, keys []K) (map[K]Loaded[V], error)

// Loaded is what a [LoadManyFunc] returns for one key: a value and its TTL, or an error,
// with the meaning of the results of a [LoadFunc].
type Loaded[V any] struct {
	Value V
	TTL   time.Duration
	Err   error // if not nil, Value is ignored
}

// LoadMany makes GetMany load all keys that it misses by one call of fn. Without this
// option it calls the [LoadFunc] for each of them, all at the same time. Get and GetFresh
// always use the LoadFunc, but wait for a running call of fn that loads their key.
//
// NewLoader panics if K and V are not the types of its keys and values.
func LoadMany[K comparable, V any](fn LoadManyFunc[K, V]) LoaderOption {
	if fn == nil {
		panic("lastmodstore: LoadMany(nil): pass a function or omit the option")
	}
	return func(c *loaderConfig) { c.loadMany = fn }
}

// LoadErrors are the errors of a GetMany, by key. [errors.Is] and [errors.As] find each of
// them.
type LoadErrors[K comparable] map[K]error

// Error returns a message with the number of errors and one of them.
func (e LoadErrors[K]) Error() string {
	for key, err := range e {
		if len(e) == 1 {
			return fmt.Sprintf("lastmodstore: loading %v: %v", key, err)
		}
		return fmt.Sprintf("lastmodstore: loading %v: %v (and %d more keys failed)", key, err, len(e)-1)
	}
	return "lastmodstore: no key failed"
}

// Unwrap returns the errors, in no particular order.
func (e LoadErrors[K]) Unwrap() []error {
	errs := make([]error, 0, len(e))
	for _, err := range e {
		errs = append(errs, err)
	}
	return errs
}

// GetMany returns the entries for keys, loading those that are absent: with [LoadMany] by
// one call. Duplicate keys count once, and without keys GetMany loads nothing. It never
// begins a load of a key that is being loaded for another caller, single or bulk: it waits
// for that load, as others wait for its own.
//
// The result has no entry for a key that has no value in the source ([ErrNotFound]). If
// other keys failed, GetMany returns the entries of the rest together with a [LoadErrors],
// which has for each of these keys the error that Get would return, ctx's error included.
// As with Get, a key whose value the store refused has both an entry and an error.
//
// Entries that were present are all as they were at a single instant, the beginning of the
// call; some may have expired when GetMany returns, after the loads. When ctx ends, GetMany
// returns at once what it has. Its loads go on as long as another caller waits for one of
// the keys of the same call; then all values of that call are stored.
func (l *Loader[K, V]) GetMany(ctx context.Context, keys []K) (map[K]Entry[V], error) {
	entries := l.store.GetMany(keys) // an unhashable key panics here, in the caller
	missing, due, errs := l.missing(keys, entries)
	l.refreshAhead(l.loadMany != nil, due...)
	for _, f := range l.joinMany(ctx, missing, errs) {
		r, ok := l.wait(ctx, f)
		if !ok {
			r.err = ctx.Err()
		} else if r.err == nil || r.loaded {
			entries[f.key] = r.entry
		}
		if r.err != nil && !isNotFound(r.err) {
			errs[f.key] = r.err
		}
	}
	if len(errs) > 0 {
		return entries, errs
	}
	return entries, nil
}

// missing returns which of keys are not among the present entries, and which of these
// entries are due for a refresh, each key once.
func (l *Loader[K, V]) missing(keys []K, entries map[K]Entry[V]) (missing, due []K, errs LoadErrors[K]) {
	errs = LoadErrors[K]{}
	if len(entries) == len(keys) && l.ahead == 0 {
		return nil, nil, errs
	}
	seen := make(map[K]bool, len(keys))
	for _, key := range keys {
		if key != key { //nolint:staticcheck // NaN, as in get
			errs[key] = ErrInvalidKey
			continue
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		if e, ok := entries[key]; !ok {
			missing = append(missing, key)
		} else if l.isDue(e) {
			due = append(due, key)
		}
	}
	return missing, due, errs
}

// joinMany returns the loads of keys, which it joins or begins. It adds to errs what
// prevents the others.
func (l *Loader[K, V]) joinMany(ctx context.Context, keys []K, errs LoadErrors[K]) (loads []*loading[K, V]) {
	err := ctx.Err()
	if err == nil && isClosed(l.store) {
		err = ErrClosed
	}
	if err != nil {
		for _, key := range keys {
			errs[key] = err
		}
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var missing []K
	for _, key := range keys {
		f, err := l.findLocked(key, false)
		switch {
		case isNotFound(err): // which RetryAfter has remembered
		case err != nil:
			errs[key] = err
		case f == nil:
			missing = append(missing, key)
		default:
			loads = append(loads, f)
		}
	}
	loads = append(loads, l.beginEachLocked(missing)...)
	for _, f := range loads {
		f.wantLocked(true)
	}
	return loads
}

// beginEachLocked begins a load of each key: all by one call of the LoadManyFunc, or
// otherwise each by a call of its own.
func (l *Loader[K, V]) beginEachLocked(keys []K) (loads []*loading[K, V]) {
	if l.loadMany != nil && len(keys) > 0 {
		return l.beginLocked(&call[K, V]{many: true}, time.Time{}, keys...)
	}
	for _, key := range keys {
		loads = append(loads, l.beginLocked(&call[K, V]{}, time.Time{}, key)...)
	}
	return loads
}
