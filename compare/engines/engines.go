// Package engines lists the engines of this module, so that every test and
// benchmark runs on all of them. It is apart from package compare, which a
// program can import without them.
package engines

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// All returns the engines. A new one is one row.
func All() []compare.Engine {
	return []compare.Engine{
		{Name: "actor", Strings: openActor[string, int], Ints: openActor[int, int], Pairs: openActor[compare.Pair, int], Floats: openActor[float64, int], Any: openActor[any, any]},
		{Name: "mutexstore", Strings: openMutex[string, int], Ints: openMutex[int, int], Pairs: openMutex[compare.Pair, int], Floats: openMutex[float64, int], Any: openMutex[any, any]},
	}
}

func openActor[K comparable, V any](d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
	return actor.New[K, V](d, opts...)
}

func openMutex[K comparable, V any](d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
	return mutexstore.New[K, V](d, opts...)
}
