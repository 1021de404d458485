package lastmodstore

import (
	"fmt"
	"time"
)

// A LoaderOption changes how a [Loader] works.
type LoaderOption func(*loaderConfig)

type loaderConfig struct {
	stale      bool
	timeout    time.Duration // 0: none
	retryAfter time.Duration // 0: at once
	onError    any           // func(K, error), or nil
	onDiscard  any           // func(K, V), or nil
}

// ServeStale makes GetFresh return a value that is present but too old at once,
// while one load of its key runs in the background. A value that has expired is
// absent, so it is never served.
//
// Nobody waits for a load in the background. It runs until it returns, or is
// cancelled by LoadTimeout, Invalidate, Close, or the last caller that joined it
// later and gave up. Give a [LoadTimeout], or a source that hangs keeps a value
// that never expires stale for good; and give [RetryAfter], or the next reader
// repeats at once what has failed. [OnLoadError] reports what failed.
func ServeStale() LoaderOption { return func(c *loaderConfig) { c.stale = true } }

// LoadTimeout limits each load to d. Then the context of the load ends, its
// callers receive [ErrLoadTimeout], also from a source that ignores its context,
// and the next caller begins another load. What the first one still returns is
// not stored. LoadTimeout panics if d <= 0.
func LoadTimeout(d time.Duration) LoaderOption {
	checkDuration("LoadTimeout", d, "no timeout")
	return func(c *loaderConfig) { c.timeout = d }
}

// RetryAfter makes the Loader remember for d that the load of a key has failed:
// with an error, a panic, a timeout or an invalid TTL. Until then no caller loads
// that key again. With [ServeStale] callers receive the stale value if it has not
// expired; otherwise they receive the error of the failed load. Invalidate
// forgets the failure. RetryAfter panics if d <= 0.
//
// Without it, the next caller loads again at once.
func RetryAfter(d time.Duration) LoaderOption {
	checkDuration("RetryAfter", d, "trying again at once")
	return func(c *loaderConfig) { c.retryAfter = d }
}

func checkDuration(option string, d time.Duration, without string) {
	if d <= 0 {
		panic(fmt.Sprintf("lastmodstore: %s(%v): give a positive duration, or leave the option out for %s", option, d, without))
	}
}

// OnLoadError calls fn once for each load that failed: with an error, a panic
// ([*PanicError]), a timeout ([ErrLoadTimeout]), or because the store refused the
// value ([ErrFull], [ErrInvalidTTL], [ErrClosed]); in the background as well. A
// load that the Loader ended itself, because every caller had given up or because
// of Close, has not failed. A panic is reported in any case.
//
// fn runs on the goroutine of the load, outside every lock, possibly concurrently
// with itself, after the callers have been woken. It may call every method of the
// Loader but Close, which waits for it. A panic in fn is the program's. NewLoader
// panics if K is not the type of its keys.
func OnLoadError[K comparable](fn func(key K, err error)) LoaderOption {
	if fn == nil {
		panic("lastmodstore: OnLoadError(nil): give a function, or leave the option out")
	}
	return func(c *loaderConfig) { c.onError = fn }
}

// OnDiscard calls fn exactly once for each value that a load returned and that was
// not stored, so that a resource can be released: because a newer entry was there,
// because the key had been deleted or invalidated, because the load had timed out
// or everyone had given up, or because the store refused it. So each loaded value
// reaches either the store, and later its [Watcher] OnRemove, or fn.
//
// Callers may have received the value as well; see Get. fn is called as that of
// [OnLoadError] is. NewLoader panics if K and V are not the types of its entries.
func OnDiscard[K comparable, V any](fn func(key K, value V)) LoaderOption {
	if fn == nil {
		panic("lastmodstore: OnDiscard(nil): give a function, or leave the option out")
	}
	return func(c *loaderConfig) { c.onDiscard = fn }
}

// typedHook returns fn as an F, or a nil F if there is none.
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
