package replicated

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/internal/config"
)

// temporary is a node of a store that is deleted when the node is closed.
type temporary[K comparable, V any] struct {
	*Store[K, V]
	js   jetstream.JetStream
	name string
}

func (s temporary[K, V]) Close() error {
	err := s.Store.Close()
	_ = s.js.DeleteStream(context.Background(), streamOf(s.name)) // fails if Close was called before
	return err
}

var stores atomic.Int64

// openTemporary returns how the suite opens stores through js.
func openTemporary[K comparable, V any](js jetstream.JetStream, more ...Option) compare.Open[K, V] {
	return func(cleanup time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
		name := fmt.Sprint("conformance-", stores.Add(1))
		all := append(more, InMemory(), CleanupInterval(config.Interval(cleanup)), Limits(opts...), SaveEvery(10_000))
		s, err := Open[K, V](context.Background(), js, name, all...)
		if err != nil {
			panic(err)
		}
		return temporary[K, V]{s, js, name}
	}
}

// slow are cases that make so many writes, one after the other, that they take minutes
// on a server, and slower those that open so many stores, or make so many writes, that
// they do on three. They run in TestConformance. For the histories on three servers there
// is TestHistoriesOfThreeNodesAreLinearizable.
var (
	slow = []string{
		"4: a store that held many entries and is now empty",
		"12, 13: loops concurrent with sweeps",
		"12, 14: what is seen after Clear",
		"14: single reads see Clear",
		"15, 17: a store with a capacity never exceeds it",
	}
	slower = append([]string{
		"8: Merge into other stores preserves UnixNano exactly",
		"13: polling concurrently with writers",
		"19, 20, 21: Close concurrently with",
		"24: a change that arrives just as",
		"27: OnRemove misses none of 100,000",
		"10, 14, 15, 20: recorded histories are linearizable",
	}, slow...)
)

// The contract holds on real servers: one, and three that keep three copies. They run in
// processes of their own, so that their goroutines and their memory are not taken for
// those of the store. Cases that move time are left to TestConformance, because servers
// cannot run in a bubble.
func TestConformanceOnServers(t *testing.T) {
	if !*long {
		t.Skip("it takes minutes: make test-long runs it")
	}
	for n, omitted := range map[int][]string{1: slow, 3: slower} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			p := startServers(t, n)
			js := p.connect(0)
			openNode(t, js, "first", InMemory()).Close() // which starts what belongs to the connection
			options := []compare.Option{compare.Without(compare.Weights), compare.Omit(omitted...)}
			compare.Run(t, compare.Engine{
				Name:       fmt.Sprint("replicated on ", n),
				Replicated: true,
				Outside:    true,
				Strings:    openTemporary[string, int](js, Replicas(n)),
				Ints:       openTemporary[int, int](js, Replicas(n)),
				Pairs:      openTemporary[compare.Pair, int](js, Replicas(n)),
				Floats:     openTemporary[float64, int](js, Replicas(n)),
			}, options...)
		})
	}
}
