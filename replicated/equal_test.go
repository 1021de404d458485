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
// can be watched on each from each position of another. It ends the nodes.
func expectAgreement(t testing.TB, nodes ...*Store[string, int]) {
	t.Helper()
	expectSameChanges(t, nodes)
	expectSameState(t, nodes)
}

// expectSameChanges expects Watch to yield the same on each node, from the beginning
// and from each event's At on.
func expectSameChanges(t testing.TB, nodes []*Store[string, int]) {
	t.Helper()
	g := NewWithT(t)
	const last = "the last change"
	g.Expect(nodes[0].Set(last, 1, 0)).To(Succeed())
	for _, s := range nodes {
		g.Expect(s.Sync(patient(t))).To(Succeed())
	}
	changes := func(s *Store[string, int], since time.Time) (all []lastmodstore.Event[string, int]) {
		for e := range s.Watch(patient(t), since) {
			if all = append(all, e); e.Key == last {
				break
			}
		}
		return all
	}
	all := changes(nodes[0], time.Unix(0, nodes[0].replica.Line.Opened()+1))
	g.Expect(all[len(all)-1].Key).To(Equal(last))
	if all[0].Kind == lastmodstore.Resync {
		all = changes(nodes[0], all[0].At)
	}
	for i, s := range nodes {
		for n, e := range all[:len(all)-1] {
			if got := changes(s, e.At); !slices.Equal(got, all[n+1:]) {
				t.Fatalf("node %d: from the At of %v on, Watch yields %v instead of %v", i, e, got, all[n+1:])
			}
		}
	}
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
