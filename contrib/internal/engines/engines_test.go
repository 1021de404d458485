package engines_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachOpensAnEmptyStoreOfEachEngineAndClosesIt(t *testing.T) {
	g := NewWithT(t)
	var opened []lastmodstore.Store[string, int]
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[string, int]) {
		g := NewWithT(t)
		g.Expect(s.Len()).To(BeZero())
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		g.Expect(s.Stats().Hits).To(BeZero())
		s.Get("k")
		g.Expect(s.Stats().Hits).To(BeEquivalentTo(1), "the options are applied")
		opened = append(opened, s)
	}, lastmodstore.CountReads())
	g.Expect(opened).To(HaveLen(4))
	for _, s := range opened {
		g.Expect(s.Done()).To(BeClosed())
	}
}

func TestEachInBubbleLetsTimePass(t *testing.T) {
	runs := 0
	engines.EachInBubble(t, func(t *testing.T, s lastmodstore.Store[string, int]) {
		g := NewWithT(t)
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		time.Sleep(time.Hour)
		_, ok := s.Get("k")
		g.Expect(ok).To(BeFalse())
		runs++
	})
	NewWithT(t).Expect(runs).To(Equal(3))
}

func TestNodesShareOneStore(t *testing.T) {
	g := NewWithT(t)
	nodes := engines.Nodes[string, int](t, 2)
	g.Expect(nodes[0].Set("k", 1, time.Hour)).To(Succeed())
	g.Expect(nodes[1].Sync(t.Context())).To(Succeed())
	v, ok := nodes[1].Get("k")
	g.Expect(ok).To(BeTrue())
	g.Expect(v).To(Equal(1))
}
