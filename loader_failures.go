package lastmodstore

import "time"

// failures remembers which keys failed to load or to be stored, each for the duration of RetryAfter.
// The loader's lock guards it.
//
// Failures age as whole maps: young becomes old, and old is dropped. So dropping a
// million of them takes no time and returns their memory, and each is held for up to
// twice the duration.
type failures[K comparable] struct {
	young, old map[K]failure
	timer      *time.Timer // runs while there are failures
}

type failure struct {
	err     error
	until   time.Time
	refused bool // the store refused the value and kept an older one: this prevents only loads in the background
}

// get returns the failure of key that prevents a load, in the background or for a caller
// that waits.
func (f *failures[K]) get(key K, background bool) error {
	if f.timer == nil {
		return nil
	}
	x, ok := f.young[key]
	if !ok {
		x, ok = f.old[key]
	}
	if !ok || x.refused && !background || !time.Now().Before(x.until) {
		return nil
	}
	return x.err
}

func (f *failures[K]) add(key K, x failure) {
	if f.young == nil {
		f.young = map[K]failure{}
	}
	f.young[key] = x
}

func (f *failures[K]) forget(key K) {
	delete(f.young, key)
	delete(f.old, key)
}

// age drops the old failures and reports whether any are left.
func (f *failures[K]) age() bool {
	f.young, f.old, f.timer = nil, f.young, nil
	return len(f.old) > 0
}

// rememberLocked records that f failed with err, or, with refused, that the store refused
// its value. It does not if f was invalidated or has ended.
func (l *Loader[K, V]) rememberLocked(f *loading[K, V], err error, refused bool) {
	if l.retryAfter == 0 || l.closed || l.loading[f.key] != f {
		return
	}
	l.failed.add(f.key, failure{err, time.Now().Add(l.retryAfter), refused})
	if l.failed.timer == nil {
		l.startTimerLocked()
	}
}

func (l *Loader[K, V]) startTimerLocked() {
	l.running++
	l.failed.timer = time.AfterFunc(l.retryAfter, l.ageFailures)
}

// ageFailures runs on the timer's goroutine.
func (l *Loader[K, V]) ageFailures() {
	l.mu.Lock()
	if !l.closed && l.failed.age() {
		l.startTimerLocked()
	}
	l.mu.Unlock()
	l.release()
}

// dropFailuresLocked forgets all failures and stops the timer.
func (l *Loader[K, V]) dropFailuresLocked() {
	if l.failed.timer != nil && l.failed.timer.Stop() {
		l.running--
	}
	l.failed = failures[K]{}
}
