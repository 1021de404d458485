package replicated

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// betweenAttempts is a timeout that ends while no message is being sent: one that ends
// during an attempt cannot know its outcome.
const betweenAttempts = 3*time.Second + retryAfter/2

func TestWritesDuringAnOutage(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		s := c.nodes[0]
		c.g.Expect(s.Set("a", 1, 0)).To(Succeed())
		before := time.Now()
		c.logs[0].Cut(stream.ErrDisconnected)
		synctest.Wait()
		c.g.Expect(s.Health().Connected).To(BeFalse())
		c.g.Expect(s.Health().Since).To(Equal(before))
		c.g.Expect(s.Health().Err).To(MatchError(stream.ErrDisconnected))

		start := time.Now()
		err := s.Set("a", 2, 0)
		c.g.Expect(err).To(MatchError(ErrUnavailable))
		c.g.Expect(err).To(MatchError(stream.ErrDisconnected))
		c.g.Expect(time.Since(start)).To(Equal(betweenAttempts))
		got, _ := s.Get("a")
		c.g.Expect(got).To(Equal(1), "reads go on")

		c.g.Expect(c.nodes[1].Set("b", 3, 0)).To(Succeed(), "the other node does not notice")
		c.logs[0].Cut(nil)
		c.g.Expect(s.Set("a", 4, 0)).To(Succeed())
		got, _ = s.Get("b")
		c.g.Expect(got).To(Equal(3))
		c.g.Expect(s.Health().Connected).To(BeTrue())
		c.expectEqual()
	}, Timeout(betweenAttempts))
}

// What was sent and got no response may have been stored.
func TestSilenceIsUncertain(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.stream.SetFault(func([]byte) memlog.Outcome { return memlog.Outcome{Lose: true} })
		err := c.nodes[0].Set("a", 1, 0)
		c.g.Expect(err).To(MatchError(ErrUncertain))
		c.g.Expect(err).NotTo(MatchError(ErrUnavailable))
		c.stream.SetFault(nil)
		c.g.Expect(c.nodes[0].Set("b", 1, 0)).To(Succeed())
		_, ok := c.nodes[0].Get("a")
		c.g.Expect(ok).To(BeFalse(), "a command that was given up is not sent again")
	}, Timeout(betweenAttempts))
}

func TestAFullLogIsAnErrorAtOnce(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.stream.SetFault(func([]byte) memlog.Outcome { return memlog.Outcome{Reject: stream.ErrLimit} })
		start := time.Now()
		err := c.nodes[0].Set("a", 1, 0)
		c.g.Expect(err).To(MatchError(ErrUnavailable))
		c.g.Expect(err).To(MatchError(stream.ErrLimit))
		c.g.Expect(time.Since(start)).To(BeZero())
	})
}

func TestALogThatIsAnotherOneIsNoticed(t *testing.T) {
	for name, breakIt := range map[string]func(c *cluster){
		"recreated": func(c *cluster) { c.stream.Recreate() },
		"truncated": func(c *cluster) { c.logs[0].Cut(errors.New("cut")); c.stream.Truncate(2); c.logs[0].Cut(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			inCluster(t, 1, func(c *cluster) {
				s := c.nodes[0]
				for range 5 {
					c.g.Expect(s.Set("a", 1, 0)).To(Succeed())
				}
				breakIt(c)
				time.Sleep(2 * time.Second)
				c.g.Expect(s.Health().Err).To(MatchError(ErrDiverged))
				c.g.Expect(s.Health().Connected).To(BeFalse())
				c.g.Expect(s.Set("a", 2, 0)).To(MatchError(ErrDiverged))
				got, _ := s.Get("a")
				c.g.Expect(got).To(Equal(1))
			})
		})
	}
}

func TestCloseDuringAnOutageReturns(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.stream.SetFault(func([]byte) memlog.Outcome { return memlog.Outcome{Lose: true} })
		failed := make(chan error, 1)
		go func() { failed <- c.nodes[0].Set("a", 1, 0) }()
		synctest.Wait()
		start := time.Now()
		c.g.Expect(c.nodes[0].Close()).To(Succeed())
		c.g.Expect(time.Since(start)).To(Equal(drainTime))
		c.g.Expect(<-failed).To(MatchError(ErrUncertain))
		c.g.Expect(c.nodes[0].Set("a", 1, 0)).To(MatchError(lastmodstore.ErrClosed))
	})
}
