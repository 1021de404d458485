package replicated

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/proxy"
)

// A node is what the scenarios below need of a node of a store. They are run with this
// package and with a simple store on NATS KV, which must fail: otherwise they would show
// nothing.
type node interface {
	add(key string, delta int) error
	remove(key string) error
	get(key string) (int, bool)
	all() map[string]int
	trim() // removes from the servers what is not needed any more
	stream() string
}

// openers open a node of a store.
var openers = map[string]struct {
	open  func(t testing.TB, js jetstream.JetStream) node
	fails bool
}{
	"replicated": {openOwn, false},
	"KV":         {openKV, true},
}

// inScenario runs a scenario with both stores, on one server with two nodes: the first
// has a direct connection, the second one through a proxy. It returns nil if the store
// behaves well, or what it does instead.
func inScenario(t *testing.T, scenario func(p *place, direct, proxied node) error, failure string) {
	for name, o := range openers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startServers(t, 1)
			err := scenario(p, o.open(t, dial(t, p.URL(0))), o.open(t, p.connect(0)))
			if o.fails {
				p.g.Expect(err).To(MatchError(failure))
			} else {
				p.g.Expect(err).NotTo(HaveOccurred())
			}
		})
	}
}

// The acknowledgement of an addition is lost after it was stored.
func TestAnAdditionCountsOnceIfItsAcknowledgementIsLost(t *testing.T) {
	inScenario(t, func(p *place, direct, proxied node) error {
		p.g.Expect(proxied.add("n", 1)).To(Succeed())
		p.g.Eventually(func() int { n, _ := proxied.get("n"); return n }, patience).Should(Equal(1))
		stored := lastOf(p, direct.stream())
		p.proxies[0].Hold(proxy.ToClient)
		added := make(chan error, 1)
		go func() { added <- proxied.add("n", 1) }()
		p.g.Eventually(func() uint64 { return lastOf(p, direct.stream()) }, patience).Should(BeNumerically(">", stored))
		p.proxies[0].Cut()
		p.proxies[0].Release(proxy.ToClient)
		p.g.Eventually(added, patience).Should(Receive(Succeed()))
		p.g.Expect(direct.add("done", 1)).To(Succeed())
		p.g.Eventually(func() int { n, _ := proxied.get("done"); return n }, patience).Should(Equal(1))
		if n, _ := proxied.get("n"); n != 2 {
			return fmt.Errorf("two additions count %d", n)
		}
		return nil
	}, "two additions count 3")
}

// A key is deleted while a node is cut off, and the log is trimmed before it returns.
func TestWhatWasDeletedDuringAnOutageIsDeletedAfterIt(t *testing.T) {
	inScenario(t, func(p *place, direct, proxied node) error {
		p.g.Expect(direct.add("deleted", 1)).To(Succeed())
		p.g.Eventually(proxied.all, patience).Should(HaveKey("deleted"))
		p.proxies[0].Refuse(true)
		p.proxies[0].Cut()
		p.g.Expect(direct.remove("deleted")).To(Succeed())
		direct.trim()
		p.proxies[0].Refuse(false)
		p.g.Expect(direct.add("done", 1)).To(Succeed())
		p.g.Eventually(proxied.all, patience).Should(HaveKey("done"))
		if _, ok := proxied.get("deleted"); ok {
			return errors.New("what was deleted is back")
		}
		if a, b := direct.all(), proxied.all(); !maps.Equal(a, b) {
			return fmt.Errorf("the nodes differ: %v and %v", a, b)
		}
		return nil
	}, "what was deleted is back")
}

// lastOf returns the last sequence number of a stream.
func lastOf(p *place, stream string) uint64 {
	s, err := dial(p.t, p.URL(0)).Stream(patient(p.t), stream)
	p.g.Expect(err).NotTo(HaveOccurred())
	return s.CachedInfo().State.LastSeq
}

// own is a node of a store of this package.
type own struct {
	t testing.TB
	*Store[string, int]
}

func openOwn(t testing.TB, js jetstream.JetStream) node {
	return own{t, openNode(t, js, "store", Timeout(time.Minute), SaveEvery(20))}
}

func (o own) add(key string, delta int) error {
	_, err := o.Add(key, delta, 0)
	return err
}

func (o own) remove(key string) error {
	_, err := o.Delete(key)
	return err
}

func (o own) get(key string) (int, bool) { return o.Get(key) }

func (o own) all() map[string]int {
	all := map[string]int{}
	for key, e := range o.All() {
		all[key] = e.Value
	}
	return all
}

func (o own) trim() { trim(o.t, o.Store) }

func (o own) stream() string { return streamOf("store") }

// trim writes until the log begins after what is in it now.
func trim(t testing.TB, s *Store[string, int]) {
	t.Helper()
	g := NewWithT(t)
	position := s.Health().Position
	g.Eventually(func(g Gomega) {
		g.Expect(s.Set("filler", 1, 0)).To(Succeed())
		info, err := s.log.Info(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.First).To(BeNumerically(">", position))
	}, patience, time.Millisecond).Should(Succeed())
}
