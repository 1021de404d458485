package replicated

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// fill has n calls wait, of which the first are sent.
func (c *cluster) fill(n int) <-chan error {
	failed := make(chan error, n)
	for range n {
		go func() { failed <- c.nodes[0].Set("a", 1, 0) }()
		synctest.Wait()
	}
	return failed
}

// The log's refusal of what was sent reaches what waits behind it, too.
func TestAFullLogIsAnErrorForWhatIsQueued(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		reason := stream.ErrNoResponders
		c.stream.SetFault(func([]byte) memlog.Outcome { return memlog.Outcome{Reject: reason} })
		start := time.Now()
		failed := c.fill(maxInFlight + 10)
		c.stream.SetFault(func([]byte) memlog.Outcome { return memlog.Outcome{Reject: stream.ErrLimit} })
		for range cap(failed) {
			c.g.Expect(<-failed).To(MatchError(stream.ErrLimit))
		}
		c.g.Expect(time.Since(start)).To(Equal(retryAfter))
	})
}

// Calls that are given up make room for what waits behind them.
func TestWhatIsQueuedIsSentWhenOtherCallsAreGivenUp(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.lose()
		failed := c.fill(maxInFlight)
		time.Sleep(9 * time.Second)
		late := make(chan error, 1)
		go func() { late <- c.nodes[0].Set("late", 1, 0) }()
		for range cap(failed) {
			c.g.Expect(<-failed).To(MatchError(ErrUncertain))
		}
		time.Sleep(500 * time.Millisecond)
		c.stream.SetFault(nil)
		time.Sleep(time.Second)
		c.g.Expect(late).To(Receive(Succeed()))
	})
}

// smallLog is a log whose messages are small.
type smallLog struct {
	*memlog.Log
	limit int
}

func (l smallLog) MaxMessage() int { return l.limit }

func (l smallLog) Append(data []byte, rejected func(error)) error {
	if len(data) > l.limit {
		return stream.ErrTooLarge
	}
	return l.Log.Append(data, rejected)
}

func TestCommandsArePackedOnlyAsFarAsTheLogAccepts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		log := newStream[string, string]()
		s, err := open[string, string](context.Background(), smallLog{log.Open(), 2000}, newOptions(nil))
		g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		log.SetFault(func([]byte) memlog.Outcome { return memlog.Outcome{Reject: stream.ErrNoResponders} })
		results := make(chan error, 50)
		for i := range cap(results) {
			go func() { results <- s.Set(fmt.Sprint(i), strings.Repeat("x", 500), 0) }()
		}
		synctest.Wait()
		log.SetFault(nil)
		for range cap(results) {
			g.Expect(<-results).To(Succeed())
		}
	})
}

// delayedLog is a log that is read slowly.
type delayedLog struct{ *memlog.Log }

func (l delayedLog) Read(ctx context.Context, from uint64, h stream.Handler) error {
	return l.Log.Read(ctx, from, delayedHandler{h})
}

type delayedHandler struct{ stream.Handler }

func (h delayedHandler) Deliver(m stream.Message) error {
	time.Sleep(100 * time.Millisecond)
	return h.Handler.Deliver(m)
}

// How long a node needs to catch up is bounded by the context of Open alone.
func TestOpenCatchesUpForLongerThanAWriteMayTake(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		for i := range 50 {
			c.g.Expect(c.nodes[0].Set("n", i, 0)).To(Succeed())
		}
		s, err := open[string, int](context.Background(), delayedLog{c.stream.Open()}, newOptions(c.opts))
		c.g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		n, _ := s.Get("n")
		c.g.Expect(n).To(Equal(49))

		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_, err = open[string, int](ctx, delayedLog{c.stream.Open()}, newOptions(c.opts))
		c.g.Expect(err).To(MatchError(context.DeadlineExceeded))
		c.g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
	}, Timeout(time.Second))
}

// Calls that come one after the other while many are in flight share a message: the log
// would otherwise be busy with messages of one call while the others wait. If the many
// have been lost, the others do not wait for them.
func TestCallsShareAMessageWhileManyAreInFlight(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.lose()
		many := c.fill(60)
		var sent atomic.Int64
		c.stream.SetFault(func(data []byte) memlog.Outcome {
			isLarge := len(data) > 200
			if !isLarge {
				sent.Add(1)
			}
			return memlog.Outcome{Lose: isLarge}
		})
		time.Sleep(resendAfter + soon/2)
		sent.Store(0)
		few := c.fill(10)
		c.g.Expect(sent.Load()).To(BeZero())
		time.Sleep(soon)
		c.g.Expect(sent.Load()).To(BeEquivalentTo(1))
		for range cap(few) {
			c.g.Expect(few).To(Receive(Succeed()))
		}
		c.stream.SetFault(nil)
		for range cap(many) {
			c.g.Expect(<-many).To(Succeed())
		}
	})
}
