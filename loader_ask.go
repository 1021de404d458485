// The code in this file runs on the goroutine of a call.

package lastmodstore

import (
	"context"
	"runtime/debug"
	"time"
)

// An extra is a value that a LoadManyFunc returned for a key that it was not given.
type extra[K comparable, V any] struct {
	key   K
	value V
}

// ask calls the source for pending and returns what it returned, in the same order.
func (l *Loader[K, V]) ask(c *call[K, V], pending []*loading[K, V]) []Loaded[V] {
	start := time.Now()
	defer func() { l.counts.called(len(pending), time.Since(start)) }()
	if c.many {
		return l.askMany(c, pending)
	}
	return []Loaded[V]{l.askOne(pending[0])}
}

func (l *Loader[K, V]) askOne(f *loading[K, V]) (x Loaded[V]) {
	defer recoverPanic(&x.Err)
	x.Value, x.TTL, x.Err = l.load(f.ctx, f.key, f.present, f.ok)
	return x
}

func (l *Loader[K, V]) askMany(c *call[K, V], pending []*loading[K, V]) []Loaded[V] {
	values, err := l.callMany(c.ctx, keysOf(pending))
	loaded := make([]Loaded[V], len(pending))
	asked := make(map[K]bool, len(pending))
	for i, f := range pending {
		asked[f.key] = true
		if err != nil {
			loaded[i] = Loaded[V]{TTL: KeepTTL, Err: err}
		} else if x, ok := values[f.key]; ok {
			loaded[i] = x
		} else {
			loaded[i].Err = ErrNotFound
		}
	}
	for key, x := range values {
		if err == nil && x.Err == nil && !asked[key] {
			c.extra = append(c.extra, extra[K, V]{key, x.Value})
		}
	}
	return loaded
}

func (l *Loader[K, V]) callMany(ctx context.Context, keys []K) (values map[K]Loaded[V], err error) {
	defer recoverPanic(&err)
	return l.loadMany(ctx, keys)
}

// recoverPanic stores the panic of the deferring function in err, as a [*PanicError].
func recoverPanic(err *error) {
	if p := recover(); p != nil {
		*err = &PanicError{p, debug.Stack()}
	}
}

func keysOf[K comparable, V any](loads []*loading[K, V]) []K {
	keys := make([]K, len(loads))
	for i, f := range loads {
		keys[i] = f.key
	}
	return keys
}
