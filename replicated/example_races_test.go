package replicated_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// The losers of the races in the examples.

// each runs f for every node at the same time.
func (t *trio[V]) each(f func(i int)) {
	var wg sync.WaitGroup
	for i := range t.nodes {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func TestOneNodeAcquiresALease(t *testing.T) {
	g := NewWithT(t)
	nodes := threeNodes[string]()
	defer nodes.close()
	var last time.Time
	for round := range 20 {
		name := fmt.Sprint("lease ", round)
		var won atomic.Int32
		var tokens [3]time.Time
		nodes.each(func(i int) {
			token, retry, ok, err := acquire(nodes.nodes[i], name, fmt.Sprint(i), time.Minute)
			must(err)
			if ok {
				won.Add(1)
			}
			tokens[i] = token
			g.Expect(retry).To(BeTemporally(">", time.Now()))
		})
		g.Expect(won.Load()).To(BeEquivalentTo(1))
		g.Expect(tokens[0].Equal(tokens[1]) && tokens[1].Equal(tokens[2])).To(BeTrue(), "losers get the holder's token")
		g.Expect(tokens[0]).To(BeTemporally(">", last))
		last = tokens[0]
	}
}

func TestReleasedLeaseGoesToAnotherNode(t *testing.T) {
	g := NewWithT(t)
	nodes := threeNodes[string]()
	defer nodes.close()
	first, _, ok, err := acquire(nodes.nodes[0], "lease", "a", time.Minute)
	g.Expect(ok, err).To(BeTrue())
	g.Expect(release(nodes.nodes[1], "lease", first)).To(BeTrue(), "a token is valid on every node")
	second, _, ok, err := acquire(nodes.nodes[2], "lease", "b", time.Minute)
	g.Expect(ok, err).To(BeTrue())
	g.Expect(second).To(BeTemporally(">", first))
}

// A visit on one node and a logout on another never leave a session open.
func TestNoVisitOnAnotherNodeRestoresASession(t *testing.T) {
	g := NewWithT(t)
	nodes := threeNodes[session]()
	defer nodes.close()
	for range 20 {
		g.Expect(login(nodes.nodes[0], "id", "alice", time.Minute)).To(Succeed())
		var closed atomic.Int32
		nodes.each(func(i int) {
			if i == 0 {
				_, _, err := visit(nodes.nodes[i], "id", time.Minute)
				must(err)
				return
			}
			ok, err := logout(nodes.nodes[i], "id")
			must(err)
			if ok {
				closed.Add(1)
			}
		})
		g.Expect(closed.Load()).To(BeEquivalentTo(1))
		_, ok, err := visit(nodes.nodes[0], "id", time.Minute)
		g.Expect(ok, err).To(BeFalse())
	}
}

// Touch does not revive a registration that has expired.
func TestEndpointIsAnnouncedAgainOnceItHasExpired(t *testing.T) {
	g := NewWithT(t)
	nodes := threeNodes[endpoint]()
	defer nodes.close()
	e := endpoint{"10.0.0.7:80", "v1"}
	g.Expect(announce(nodes.nodes[0], "billing-1", e, time.Millisecond)).To(Succeed())
	for len(list(nodes.nodes[0])) > 0 {
		time.Sleep(time.Millisecond)
	}
	g.Expect(announce(nodes.nodes[0], "billing-1", e, time.Minute)).To(Succeed())
	nodes.sync()
	g.Expect(list(nodes.nodes[2])).To(HaveLen(1))
}

func TestMissingSettingIsNotStale(t *testing.T) {
	g := NewWithT(t)
	nodes := threeNodes[string]()
	defer nodes.close()
	_, err := setting(nodes.nodes[0], "log-level", 0)
	g.Expect(err).To(MatchError(`no setting "log-level"`))
	nodes.conns[0].Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = currentSetting(ctx, nodes.nodes[0], "log-level")
	g.Expect(err).To(MatchError(errStale))
}
