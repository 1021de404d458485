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

// The contract holds on a real server. Cases that move time are left to
// TestConformance, because a server cannot run in a bubble.
func TestConformanceOnAServer(t *testing.T) {
	js := embeddedServer(t)
	compare.Run(t, compare.Engine{
		Name:       "replicated on a server",
		Replicated: true,
		Outside:    true,
		Strings:    openTemporary[string, int](js),
		Ints:       openTemporary[int, int](js),
		Pairs:      openTemporary[compare.Pair, int](js),
		Floats:     openTemporary[float64, int](js),
	})
}
