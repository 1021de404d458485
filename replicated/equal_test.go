package replicated

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// expectAgreement expects the nodes to be equal in everything, and that their changes
// can be watched on each from each position of another, the given ones included. It ends
// the nodes.
func expectAgreement(t testing.TB, positions []time.Time, nodes ...*Store[string, int]) {
	t.Helper()
	expectSameChanges(t, positions, nodes)
	expectSameState(t, nodes)
}

// lastKey is set when everything else has been written.
const lastKey = "the last change"

// expectSameChanges expects Watch to yield the same on each node: from the beginning,
// from the At of each event that it yields there, and from each of the positions.
func expectSameChanges(t testing.TB, positions []time.Time, nodes []*Store[string, int]) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(nodes[0].Set(lastKey, 1, 0)).To(Succeed())
	for _, s := range nodes {
		g.Expect(s.Sync(patient(t))).To(Succeed())
	}
	positions = append(positions, time.Time{})
	for _, e := range changes(t, nodes[0], time.Time{}) {
		if e.Key != lastKey {
			positions = append(positions, e.At)
		}
	}
	for n, at := range positions {
		if n%(1+len(positions)/100) > 0 {
			continue // a hundred will do
		}
		want := changes(t, nodes[0], at)
		for i, s := range nodes {
			if got := changes(t, s, at); !slices.Equal(got, want) {
				t.Fatalf("from %v on, Watch yields on node %d %v, and on node 0 %v", at, i, got, want)
			}
		}
	}
}

// changes returns what Watch yields, up to the last change or a Resync, without CaughtUp.
func changes(t testing.TB, s *Store[string, int], since time.Time) (all []lastmodstore.Event[string, int]) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for e := range s.Watch(ctx, since) {
		if e.Kind == lastmodstore.CaughtUp {
			continue
		}
		if all = append(all, e); e.Key == lastKey || e.Kind == lastmodstore.Resync {
			return all
		}
	}
	t.Fatalf("Watch yields no last change, but %v", all)
	return nil
}

// expectSameState expects the nodes to have the same state at one position of the log.
// It ends their feeds.
func expectSameState(t testing.TB, nodes []*Store[string, int]) {
	t.Helper()
	g := NewWithT(t)
	last := uint64(0)
	for _, s := range nodes {
		g.Expect(s.Sync(patient(t))).To(Succeed())
	}
	for _, s := range nodes {
		s.cancel()
		s.running.Wait()
		last = max(last, s.replica.Position().Seq)
	}
	want := []byte(nil)
	for i, s := range nodes {
		g.Expect(s.continueTo(patient(t), last)).To(Succeed())
		got := state(g, s)
		if want == nil {
			want = got
		}
		g.Expect(got).To(Equal(want), "node %d differs from node 0", i)
	}
}

// continueTo applies the log up to a position. The feed must have ended.
func (s *Store[K, V]) continueTo(ctx context.Context, last uint64) error {
	for s.replica.Position().Seq < last {
		err := s.log.Read(ctx, max(s.replica.Position().Seq, 1), upTo[K, V]{s, last})
		if errors.Is(err, stream.ErrTrimmed) {
			err = s.restore(ctx)
		}
		if err != nil && (isDivergence(err) || ctx.Err() != nil) {
			return err
		}
	}
	return nil
}

// upTo is a handler that applies what the log delivers up to a position.
type upTo[K comparable, V any] struct {
	*Store[K, V]
	last uint64
}

var errThere = errors.New("there")

func (u upTo[K, V]) Alive(uint64) {}

func (u upTo[K, V]) Deliver(m stream.Message) error {
	if _, err := u.replica.Apply(m); err != nil {
		return err
	}
	if m.Seq >= u.last {
		return errThere
	}
	return nil
}
