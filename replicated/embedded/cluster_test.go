package embedded_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func TestAClusterOutlivesItsLeader(t *testing.T) {
	g := NewWithT(t)
	c, err := embedded.Cluster(3, t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { c.Close() })
	js := open(t, func(opts ...nats.Option) (*nats.Conn, error) { return c.Connect(0, opts...) })
	createStream(t, js, 3)
	publish(t, js)
	leader, ok := c.Leader("S")
	g.Expect(ok).To(BeTrue())
	url := c.URL(leader)
	c.Stop(leader)
	c.Stop(leader)
	g.Eventually(func() bool { _, ok := c.Leader("S"); return ok }, patience).Should(BeTrue())
	g.Eventually(js.Conn().IsConnected, patience).Should(BeTrue())
	publish(t, js)
	g.Expect(c.Restart(leader)).To(Succeed())
	g.Expect(c.Restart(leader)).To(Succeed())
	g.Expect(c.URL(leader)).To(Equal(url))
	restarted := open(t, func(opts ...nats.Option) (*nats.Conn, error) { return c.Connect(leader, opts...) })
	g.Expect(count(t, restarted)).To(BeEquivalentTo(2))
	restarted.Conn().Close()
	js.Conn().Close()
	g.Expect(c.Close()).To(Succeed())
	_, ok = c.Leader("S")
	g.Expect(ok).To(BeFalse())
}

func TestProcessesAreKilledFrozenAndRestarted(t *testing.T) {
	g := NewWithT(t)
	c, err := servertest.Start(testContext(t), 1, t.TempDir(), embedded.SyncAlways())
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(c.Close)
	js := open(t, func(opts ...nats.Option) (*nats.Conn, error) { return c.Connect(0, opts...) })
	createStream(t, js, 1)
	for round, stop := range []func(int){c.Kill, c.Stop, func(i int) { g.Expect(c.Freeze(i)).To(Succeed()); c.Kill(i) }} {
		publish(t, js)
		stop(0)
		g.Eventually(js.Conn().IsConnected, patience).Should(BeFalse())
		g.Expect(c.Restart(0)).To(Succeed())
		g.Eventually(js.Conn().IsConnected, patience).Should(BeTrue())
		g.Expect(count(t, js)).To(BeEquivalentTo(round + 1))
	}
	g.Expect(c.Freeze(0)).To(Succeed())
	flush := func() error { return js.Conn().FlushTimeout(200 * time.Millisecond) }
	g.Eventually(flush, patience).Should(MatchError(nats.ErrTimeout))
	g.Expect(c.Thaw(0)).To(Succeed())
	g.Expect(js.Conn().FlushTimeout(patience)).To(Succeed())
}

func TestAProcessThatCannotStartSaysWhy(t *testing.T) {
	g := NewWithT(t)
	_, err := servertest.Start(testContext(t), 1, "/dev/null")
	g.Expect(err).To(MatchError(ContainSubstring("JetStream")))
}
