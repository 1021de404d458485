package lastmodstore

import (
	"fmt"
	"time"
)

// A LoaderOption configures a [Loader]; it is an argument of [NewLoader].
type LoaderOption func(*loaderConfig)

type loaderConfig struct {
	stale      bool
	maxStale   time.Duration // 0: no limit
	ahead      time.Duration // 0: no refresh
	timeout    time.Duration // 0: no timeout
	retryAfter time.Duration // 0: retry at once
	loadMany   any           // LoadManyFunc[K, V], or nil
	onError    any           // func(K, error), or nil
	onDiscard  any           // func(K, V), or nil
}

// ServeStale makes GetFresh return an entry that is present but too old at once, and
// load it in the background, with one load per key. An entry that has expired is
// absent, so it is never returned.
//
// A background load runs until its LoadFunc returns, or until it is canceled: by
// LoadTimeout, Invalidate or Close, or because the last caller that later joined it
// has given up. Set a [LoadTimeout] as well: otherwise a source that hangs can keep
// an entry that never expires stale forever. Set [RetryAfter] as well: otherwise the
// next reader repeats a failed load at once. [OnLoadError] reports failed loads.
func ServeStale() LoaderOption { return func(c *loaderConfig) { c.stale = true } }

// MaxStale limits [ServeStale]: GetFresh returns an entry that is older than its maxAge
// only if it is older by no more than d, and otherwise waits for the load. So even if the
// source fails, no caller receives an entry older than maxAge + d, but the error. An entry
// that has expired is absent as always. MaxStale panics if d <= 0, and NewLoader panics if
// it is given without ServeStale.
func MaxStale(d time.Duration) LoaderOption {
	checkDuration("MaxStale", d, "no limit")
	return func(c *loaderConfig) { c.maxStale = d }
}

// LoadTimeout limits each load to d. When d has passed, the load's context ends, its
// callers receive [ErrLoadTimeout] even if the source ignores its context, and the
// next caller begins another load. A value that the timed-out load returns later is
// not stored. LoadTimeout panics if d <= 0.
func LoadTimeout(d time.Duration) LoaderOption {
	checkDuration("LoadTimeout", d, "no timeout")
	return func(c *loaderConfig) { c.timeout = d }
}

// RetryAfter makes the Loader wait for d after a failed load of a key before it loads
// that key again. A load fails with an error, a panic, a timeout or an invalid TTL.
// Until d has passed, callers receive the error of the failed load, or with
// [ServeStale] the stale entry if it has not expired. Invalidate forgets the
// failure. RetryAfter panics if d <= 0.
//
// If the store refuses the new value of a present entry ([ErrFull]), only loads in the
// background, of [RefreshAhead] and [ServeStale], wait for d. A caller that needs the value
// loads it again.
//
// Without this option, the next caller loads the key again at once.
func RetryAfter(d time.Duration) LoaderOption {
	checkDuration("RetryAfter", d, "retrying at once")
	return func(c *loaderConfig) { c.retryAfter = d }
}

func checkDuration(option string, d time.Duration, without string) {
	if d <= 0 {
		panic(fmt.Sprintf("lastmodstore: %s(%v): the duration must be positive; omit the option for %s", option, d, without))
	}
}

// OnLoadError calls fn once for each failed load, including background loads. A load
// fails with an error, a panic ([*PanicError]) or a timeout ([ErrLoadTimeout]), or
// because the store refused its value ([ErrFull], [ErrInvalidTTL], [ErrClosed]). If the
// call of a [LoadManyFunc] fails, fn is called once for each of its keys. A load that
// the Loader itself canceled, because every caller had given up or because of Close,
// has not failed, nor has one that ended with [ErrNotFound]. A panic is always reported.
//
// fn runs on the goroutine of the load, after its callers have been woken, under no
// lock, and possibly concurrently with itself. It may call every method of the
// Loader except Close, which waits for fn. A panic in fn crashes the program.
// NewLoader panics if K is not the type of its keys.
func OnLoadError[K comparable](fn func(key K, err error)) LoaderOption {
	if fn == nil {
		panic("lastmodstore: OnLoadError(nil): pass a function or omit the option")
	}
	return func(c *loaderConfig) { c.onError = fn }
}

// OnDiscard calls fn exactly once for each value that a load returned and that was
// not stored, for example to release its resources. A value is discarded if a newer
// entry was present, if the key was deleted or invalidated during the load, if the
// load timed out or all its callers gave up, or if the store refused the value or
// panicked. So each loaded value reaches either the store, and later its [Watcher].OnRemove
// functions, or fn.
//
// Callers may have received the value as well: see [Loader.Get]. fn runs as described
// for [OnLoadError]. NewLoader panics if K and V are not the types of its keys and
// values.
func OnDiscard[K comparable, V any](fn func(key K, value V)) LoaderOption {
	if fn == nil {
		panic("lastmodstore: OnDiscard(nil): pass a function or omit the option")
	}
	return func(c *loaderConfig) { c.onDiscard = fn }
}

// typedHook returns fn as an F. It returns nil if fn is nil.
func typedHook[F any](option string, fn any) (hook F) {
	if fn == nil {
		return hook
	}
	hook, ok := fn.(F)
	if !ok {
		panic(fmt.Sprintf("lastmodstore: %s was given a %T, but this Loader needs a %T", option, fn, hook))
	}
	return hook
}
