package replicated

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

func TestAWriteOnOneNodeIsReadOnAll(t *testing.T) {
	inCluster(t, 3, func(c *cluster) {
		c.g.Expect(c.nodes[0].Set("a", 1, time.Hour)).To(Succeed())
		want, ok := c.nodes[0].GetEntry("a")
		c.g.Expect(ok).To(BeTrue(), "a node reads its own writes")
		for _, s := range c.nodes {
			c.g.Expect(s.Sync(context.Background())).To(Succeed())
			got, _ := s.GetEntry("a")
			c.g.Expect(got).To(Equal(want))
		}
	})
}

// slowToBegin is a log that takes a second to begin to deliver.
type slowToBegin struct{ *memlog.Log }

func (l slowToBegin) Read(ctx context.Context, from uint64, h stream.Handler) error {
	time.Sleep(time.Second)
	return l.Log.Read(ctx, from, h)
}

// An empty log too is followed when Open returns: a node that has just been opened does
// not seem cut off.
func TestOpenReturnsAConnectedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s, err := open[string, int](t.Context(), slowToBegin{newStream[string, int]().Open()}, newOptions(nil))
		g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		g.Expect(s.Health().Connected).To(BeTrue())
	})
}

// Conditions are decided by the log, not by the node's state at the time of the call.
func TestOneOfManyWinsACondition(t *testing.T) {
	inCluster(t, 3, func(c *cluster) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for i, s := range c.nodes {
			for range 10 {
				wg.Go(func() {
					e, stored, err := s.SetIfUnmodifiedSince("lease", i, 0, time.Time{})
					mu.Lock()
					defer mu.Unlock()
					c.g.Expect(err).NotTo(HaveOccurred())
					c.g.Expect(e.LastModified).NotTo(BeZero())
					if stored {
						won++
					}
				})
			}
		}
		wg.Wait()
		c.g.Expect(won).To(Equal(1))
		c.expectEqual()
	})
}

// churn has all nodes run random operations.
func (c *cluster) churn(seed uint64, calls int) {
	var wg sync.WaitGroup
	for i, s := range c.nodes {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		wg.Go(func() {
			for range calls {
				key := fmt.Sprint("k", random.IntN(20))
				e, _ := s.GetEntry(key)
				ttl := time.Duration(random.IntN(50)) * time.Millisecond
				switch random.IntN(11) {
				case 0:
					s.Set(key, random.IntN(100), ttl)
				case 1:
					s.Set(key, random.IntN(100), lastmodstore.KeepTTL)
				case 2:
					s.SetMany(map[string]int{key: 1, "k1": 2, "k2": 3}, ttl)
				case 3:
					s.SetIfUnmodifiedSince(key, 7, ttl, e.LastModified)
				case 4:
					s.Add(key, 1, ttl)
				case 5:
					s.Touch(key, ttl)
				case 6:
					s.Delete(key)
				case 7:
					s.GetAndDelete(key)
				case 8:
					s.DeleteIfUnmodifiedSince(key, e.LastModified)
				case 9:
					s.Merge(key, lastmodstore.Entry[int]{Value: 5, LastModified: time.Now().Add(-ttl), ExpiresAt: time.Now().Add(ttl), TTL: ttl})
				case 10:
					if random.IntN(20) == 0 {
						s.Clear()
					}
				}
				time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
			}
		})
	}
	wg.Wait()
}

func TestAllNodesGoThroughTheSameStates(t *testing.T) {
	for seed := range uint64(5) {
		for _, opts := range [][]Option{
			{CleanupInterval(10 * time.Millisecond)},
			{CleanupInterval(time.Second), SaveEvery(50)},
			{Limits(lastmodstore.MaxEntries(8), lastmodstore.RemovalLog(5)), SaveEvery(100)},
			{Limits(lastmodstore.MaxEntries(8), lastmodstore.RejectWhenFull()), CleanupInterval(0)},
		} {
			inCluster(t, 3, func(c *cluster) {
				c.churn(seed, 200)
				c.expectEqual()
			}, opts...)
		}
	}
}

// Messages are lost and repeated: each command has one effect.
func TestALossyLogCountsExactly(t *testing.T) {
	inCluster(t, 3, func(c *cluster) {
		random := rand.New(rand.NewPCG(1, 2))
		c.stream.SetFault(func([]byte) memlog.Outcome {
			switch n := random.IntN(10); {
			case n < 2:
				return memlog.Outcome{Lose: true}
			case n < 3:
				return memlog.Outcome{Reject: stream.ErrNoResponders}
			}
			return memlog.Outcome{Repeat: random.IntN(3)}
		})
		var wg sync.WaitGroup
		for _, s := range c.nodes {
			for range 8 {
				wg.Go(func() {
					for range 20 {
						_, err := s.Add("n", 1, 0)
						c.g.Expect(err).NotTo(HaveOccurred())
					}
				})
			}
		}
		wg.Wait()
		c.stream.SetFault(nil)
		c.expectEqual()
		n, _ := c.nodes[0].Get("n")
		c.g.Expect(n).To(Equal(3 * 8 * 20))
	}, Timeout(time.Minute))
}

// A result that arrives late is the right one, although the key has been overwritten
// meanwhile.
func TestALostAcknowledgementYieldsTheRightResult(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		c.logs[0].Cut(errors.New("cut")) // the feed; the message below is stored already
		c.logs[0].Cut(nil)
		results := make(chan lastmodstore.Entry[int], 1)
		lost := false
		c.stream.SetFault(func([]byte) memlog.Outcome {
			if !lost {
				lost = true
				return memlog.Outcome{Lose: true}
			}
			return memlog.Outcome{Repeat: 1}
		})
		go func() {
			e, _ := c.nodes[0].Add("n", 5, 0)
			results <- e
		}()
		synctest.Wait()
		c.g.Expect(c.nodes[1].Set("n", 100, 0)).To(Succeed())
		c.g.Expect((<-results).Value).To(Equal(105), "the addition was stored after the Set, once")
		c.expectEqual()
	})
}

// An idle node's session expires; the next write opens another one.
func TestAWriteAfterALongIdleTimeSucceeds(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		for range 3 {
			time.Sleep(time.Hour)
			c.g.Expect(c.nodes[0].Set("a", 1, 0)).To(Succeed())
		}
		c.expectEqual()
	})
}

func TestANodeWithOtherSettingsIsRefused(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		_, err := join[string, int](c.stream.Open(), Limits(lastmodstore.MaxEntries(5)))
		c.g.Expect(err).To(MatchError(ErrIncompatible))
		c.g.Expect(err).To(MatchError(ContainSubstring(`max-entries is "0", not "5"`)))
		_, err = join[string, string](c.stream.Open())
		c.g.Expect(err).To(MatchError(ErrIncompatible))
		c.g.Expect(c.stream.Messages()).To(HaveLen(2), "nothing was written by the others")
	})
}

func TestWhatIsTooLargeIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s, err := join[string, []byte](newStream[string, []byte]().Open())
		g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		g.Expect(s.Set("a", make([]byte, 2<<20), 0)).To(MatchError(ErrTooLarge))
		g.Expect(s.Set("a", make([]byte, 1<<19), 0)).To(Succeed())
	})
}
