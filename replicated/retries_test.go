package replicated

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// The network cuts, delays, holds back and loses what passes, so writes are repeated:
// each counts once.
func TestCountersAreExactOverABadNetwork(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	p := startServers(t, 3)
	nodes := p.openNodes("counter", InMemory(), Timeout(time.Minute), SaveEvery(300))
	followed := slices.Clone(nodes)
	f := startFollower(t, 1, func(i int) *Store[string, int] { return followed[i] })
	stop := p.disturb(1)
	var added atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(time.Duration(atLength(8, 120)) * time.Second)
	for _, s := range nodes {
		for range 4 {
			wg.Go(func() {
				for time.Now().Before(end) {
					if _, err := s.Add("n", 1, 0); err != nil {
						t.Error(err)
						return
					}
					added.Add(1)
				}
			})
		}
	}
	wg.Wait()
	stop()
	nodes = append(nodes, openNode(t, p.connect(0), "counter", InMemory(), SaveEvery(300), Replicas(3)))
	for _, s := range nodes {
		g.Expect(s.Sync(patient(t))).To(Succeed())
		n, _ := s.Get("n")
		g.Expect(n).To(BeEquivalentTo(added.Load()))
	}
	t.Logf("%d additions", added.Load())
	expectSameChanges(t, nil, nodes)
	f.compare(nodes[3])
	expectSameChanges(t, f.positions, nodes)
	expectSameState(t, nodes)
}
