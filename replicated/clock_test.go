package replicated

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// No single wrong clock carries the log away.
func TestTheTimeOfTheLogFollowsNoWrongClock(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		c.g.Expect(c.nodes[0].Set("a", 1, 2*time.Minute)).To(Succeed())
		c.stream.SetSkew(time.Hour)
		c.g.Expect(c.nodes[0].Set("b", 1, 0)).To(Succeed())
		_, ok := c.nodes[0].Get("a")
		c.g.Expect(ok).To(BeTrue(), "it has over a minute left by the writer's clock")
		c.stream.SetSkew(-time.Hour)
		c.g.Expect(c.nodes[1].Set("c", 1, 0)).To(Succeed())
		b, _ := c.nodes[1].GetLastModified("b")
		after, _ := c.nodes[1].GetLastModified("c")
		c.g.Expect(after.After(b)).To(BeTrue(), "order holds")
		c.stream.SetSkew(0)
		time.Sleep(3 * time.Minute)
		_, ok = c.nodes[0].Get("a")
		c.g.Expect(ok).To(BeFalse())
		c.expectEqual()
	})
}

// A node whose clock is wrong gets ErrClockSkew for its writes. Its reads see nothing
// expire early, and when its clock is set right it goes on.
func TestANodeWithAWrongClockCannotWrite(t *testing.T) {
	for _, skew := range []time.Duration{time.Hour, -time.Hour} {
		inCluster(t, 2, func(c *cluster) {
			c.g.Expect(c.nodes[0].Set("a", 1, 10*time.Minute)).To(Succeed())
			var wrong atomic.Int64
			wrong.Store(int64(skew))
			log := c.stream.Open()
			o := newOptions(c.opts)
			o.clock = func() time.Time { return time.Now().Add(time.Duration(wrong.Load())) }
			s, err := open[string, int](context.Background(), log, o)
			c.g.Expect(err).NotTo(HaveOccurred())
			c.g.Expect(s.Sync(context.Background())).To(Succeed())
			c.logs, c.nodes = append(c.logs, log), append(c.nodes, s)

			c.g.Expect(s.Health().ClockOffset).To(Equal(skew))
			err = s.Set("b", 1, 0)
			c.g.Expect(err).To(MatchError(lastmodstore.ErrClockSkew))
			c.g.Expect(err).To(MatchError(ContainSubstring("1h0m0s " + map[bool]string{true: "ahead", false: "behind"}[skew > 0])))
			time.Sleep(5 * time.Minute)
			c.g.Expect(c.nodes[1].Set("c", 1, 0)).To(Succeed(), "the others go on")
			synctest.Wait()
			_, ok := s.Get("a")
			c.g.Expect(ok).To(BeTrue(), "nothing expires early")
			time.Sleep(5 * time.Minute)
			_, ok = s.Get("a")
			c.g.Expect(ok).To(BeFalse(), "nor late")

			wrong.Store(0)
			c.g.Expect(s.Set("b", 1, 0)).To(Succeed())
			time.Sleep(time.Second)
			c.expectEqual()
		})
	}
}

// A server whose clock is wrong is outvoted by two nodes.
func TestAServerWithAWrongClockStopsNobody(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		for _, skew := range []time.Duration{time.Hour, 0, -time.Hour} {
			c.g.Expect(c.nodes[0].Set("a", 1, time.Minute)).To(Succeed())
			c.g.Expect(c.nodes[1].Set("b", 1, time.Minute)).To(Succeed())
			c.stream.SetSkew(skew)
			for _, s := range c.nodes {
				for range 3 {
					c.g.Expect(s.Set("c", 1, time.Hour)).To(Succeed())
					time.Sleep(time.Second)
				}
			}
		}
		c.stream.SetSkew(0)
		c.expectEqual()
	})
}

// After a suspension nothing that has expired is served, even if no message arrives.
func TestAResumedNodeFollowsTheClock(t *testing.T) {
	inCluster(t, 0, func(c *cluster) {
		var suspended atomic.Int64
		log := c.stream.Open()
		o := newOptions(c.opts)
		o.clock = func() time.Time { return time.Now().Add(time.Duration(suspended.Load())) }
		s, err := open[string, int](context.Background(), log, o)
		c.g.Expect(err).NotTo(HaveOccurred())
		c.logs, c.nodes = append(c.logs, log), append(c.nodes, s)
		c.g.Expect(s.Set("a", 1, time.Hour)).To(Succeed())
		time.Sleep(time.Second)
		log.Cut(stream.ErrDisconnected)
		suspended.Store(int64(2 * time.Hour)) // the monotonic clock has stood still
		time.Sleep(3 * time.Second)
		_, ok := s.Get("a")
		c.g.Expect(ok).To(BeFalse())
		log.Cut(nil)
		c.stream.SetSkew(2 * time.Hour)
	}, CleanupInterval(0))
}
