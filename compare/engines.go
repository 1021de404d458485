// Package compare holds what the engines are compared by: the conformance
// suite, which any implementation of [lastmodstore.Store] can run, and the
// benchmarks with their baselines.
package compare

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// Open is an engine's New.
type Open[K comparable, V any] func(cleanupInterval time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V]

// Engine is one row of the table that drives every test and benchmark: an
// implementation, opened for the key and value types that these need.
type Engine struct {
	Name    string
	Strings Open[string, int]
	Ints    Open[int, int]
	Pairs   Open[Pair, int]
	Floats  Open[float64, int]
	Any     Open[any, any] // keys that are NaN or unhashable, values that are nil
}

// Pair is a key of more than one word.
type Pair struct {
	Name   string
	Number int
}

// Engines is the table. A new engine is one row.
func Engines() []Engine {
	return []Engine{
		{"actor", openActor[string, int], openActor[int, int], openActor[Pair, int], openActor[float64, int], openActor[any, any]},
		{"mutex", openMutex[string, int], openMutex[int, int], openMutex[Pair, int], openMutex[float64, int], openMutex[any, any]},
	}
}

// OneShard is e behind a Sharded of one shard, which has to satisfy every sentence
// of the contract.
func OneShard(e Engine) Engine {
	one := Shards(1, e)
	one.Name = "sharded " + e.Name
	return one
}

// Shards is a Sharded of n stores of e. Some sentences of the contract hold for
// each of its shards alone: see sentence 29.
func Shards(n int, e Engine) Engine {
	return Engine{fmt.Sprint(n, " shards of ", e.Name), shards(n, e.Strings), shards(n, e.Ints), shards(n, e.Pairs), shards(n, e.Floats), shards(n, e.Any)}
}

func shards[K comparable, V any](n int, open Open[K, V]) Open[K, V] {
	return func(d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
		return lastmodstore.NewSharded(n, func() lastmodstore.Store[K, V] { return open(d, opts...) })
	}
}

func openActor[K comparable, V any](d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
	return actor.New[K, V](d, opts...)
}

func openMutex[K comparable, V any](d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
	return mutexstore.New[K, V](d, opts...)
}
