package compare

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// Open is an engine's New.
type Open[K comparable, V any] func(cleanupInterval time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V]

// Engine is an implementation of [lastmodstore.Store], opened for the key and
// value types that the cases need. Only Strings is required: cases that need a
// field that is nil are skipped.
type Engine struct {
	Name    string
	Strings Open[string, int]
	Ints    Open[int, int]
	Pairs   Open[Pair, int]
	Floats  Open[float64, int]
	Any     Open[any, any] // keys that are NaN or unhashable, values that are nil

	// Replicated says that the store is a node of several, and its reads are local. So a
	// read cannot influence what a write does: it keeps no entry from being evicted, and
	// a position that did not come from the store may be in the future of its writes. A
	// read may see that an entry has expired before a renewal that was sent in time
	// arrives.
	Replicated bool

	// Outside says that the store works with goroutines outside of it, such as those of
	// a connection, so it cannot run in a synctest bubble. Cases that need one are
	// skipped: those in which time is moved.
	Outside bool

	shards int     // of a Sharded; 0: not sharded
	shard  *Engine // of which the shards are
}

// Pair is a key of more than one word.
type Pair struct {
	Name   string
	Number int
}

// OneShard is e behind a [lastmodstore.Sharded] of one shard, which has to satisfy
// every sentence of the contract.
func OneShard(e Engine) Engine {
	one := Shards(1, e)
	one.Name = "sharded " + e.Name
	return one
}

// Shards is a [lastmodstore.Sharded] of n stores of e. If n is greater than 1,
// some sentences of the contract hold for each of its shards only: see sentence 29.
func Shards(n int, e Engine) Engine {
	return Engine{
		Name:    fmt.Sprint(n, " shards of ", e.Name),
		Strings: shards(n, e.Strings),
		Ints:    shards(n, e.Ints),
		Pairs:   shards(n, e.Pairs),
		Floats:  shards(n, e.Floats),
		Any:     shards(n, e.Any),
		shards:  n,
		shard:   &e,
	}
}

func shards[K comparable, V any](n int, open Open[K, V]) Open[K, V] {
	if open == nil {
		return nil
	}
	return func(d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
		return lastmodstore.NewSharded(n, func() lastmodstore.Store[K, V] { return open(d, opts...) })
	}
}
