package implementation

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// Shards is how many stores a sharded engine spreads its keys over.
const Shards = 16

type open[V any] func(time.Duration, ...lastmodstore.Option) lastmodstore.Store[string, V]

func openActor[V any](d time.Duration, o ...lastmodstore.Option) lastmodstore.Store[string, V] {
	return actor.New[string, V](d, o...)
}

func openMutex[V any](d time.Duration, o ...lastmodstore.Option) lastmodstore.Store[string, V] {
	return mutexstore.New[string, V](d, o...)
}

func engines() []Implementation {
	return []Implementation{
		engine("actor", "one goroutine owns the map", openActor[int], openActor[Kilobyte], 1),
		engine("mutexstore", "a sync.RWMutex guards the map; reads of one key take no lock", openMutex[int], openMutex[Kilobyte], 1),
		sharded("actor", openActor[int], openActor[Kilobyte], Shards),
		ShardedMutex(Shards),
	}
}

// ShardedMutex returns mutexstore in n shards.
func ShardedMutex(n int) Implementation {
	return sharded("mutexstore", openMutex[int], openMutex[Kilobyte], n)
}

func sharded(name string, small open[int], large open[Kilobyte], n int) Implementation {
	return engine(fmt.Sprintf("%s x%d", name, n), fmt.Sprintf("%d shards behind NewSharded", n), small, large, n)
}

func engine(name, about string, small open[int], large open[Kilobyte], shards int) Implementation {
	return Implementation{
		Implementation: result.Implementation{Name: name, Kind: "engine", About: about},
		Small:          func(o Options) (Store[int], error) { return openEngine(small, shards, o), nil },
		Large:          func(o Options) (Store[Kilobyte], error) { return openEngine(large, shards, o), nil },
		Check: func(interval time.Duration) lastmodstore.Store[string, int] {
			one := func() lastmodstore.Store[string, int] { return small(interval) }
			if shards == 1 {
				return one()
			}
			return lastmodstore.NewSharded(1, one)
		},
	}
}

// Engine is one of the project's own stores. It embeds the whole interface, so
// that workloads can also use what no third-party cache has.
type Engine[V any] struct {
	lastmodstore.Store[string, V]
}

func openEngine[V any](open open[V], shards int, o Options) Engine[V] {
	var options []lastmodstore.Option
	if o.MaxEntries > 0 {
		options = append(options, lastmodstore.MaxEntries(o.MaxEntries/shards))
	}
	one := func() lastmodstore.Store[string, V] { return open(o.Interval, options...) }
	if shards == 1 {
		return Engine[V]{one()}
	}
	return Engine[V]{lastmodstore.NewSharded(shards, one)}
}

// GetMany makes an Engine a Batcher.
func (e Engine[V]) GetMany(keys []string) int { return len(e.Store.GetMany(keys)) }

// AddTo makes an Engine an Adder.
func (e Engine[V]) AddTo(key string, delta V, ttl time.Duration) error {
	_, err := e.Add(key, delta, ttl)
	return err
}

// Update makes an Engine an Updater.
func (e Engine[V]) Update(key string, ttl time.Duration, fn func(old V, ok bool) V) error {
	_, err := lastmodstore.Update(e.Store, key, func(old lastmodstore.Entry[V], ok bool) (V, time.Duration, error) {
		return fn(old.Value, ok), ttl, nil
	})
	return err
}

// Each makes an Engine an Iterator.
func (e Engine[V]) Each(body func(key string, value V)) {
	for k, entry := range e.All() {
		body(k, entry.Value)
	}
}
