package sharded

import (
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
)

// OnRemove implements [lastmodstore.Watcher]: it calls fn from the shards' goroutines, one
// call at a time.
func (s *Store[K, V]) OnRemove(fn func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind)) (stop func()) {
	calls := engine.NewSemaphore()
	var stopped atomic.Bool
	one := func(key K, e lastmodstore.Entry[V], why lastmodstore.EventKind) {
		calls <- struct{}{}
		returned := false
		defer func() {
			if !returned { // fn called runtime.Goexit, so it is not called again
				stopped.Store(true)
			}
			<-calls
		}()
		if !stopped.Load() {
			fn(key, e, why)
		}
		returned = true
	}
	var stops []func()
	for _, shard := range s.shards {
		stops = append(stops, shard.OnRemove(one))
	}
	return func() {
		stopped.Store(true)
		for _, stop := range stops {
			stop()
		}
	}
}
