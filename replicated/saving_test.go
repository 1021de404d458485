package replicated

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// unsavable is a log whose snapshots cannot be saved.
type unsavable struct {
	*memlog.Log
	attempts *atomic.Int64
}

func (l unsavable) Snapshots() stream.Snapshots {
	return unsavableSnapshots{l.Log.Snapshots(), l.attempts}
}

type unsavableSnapshots struct {
	stream.Snapshots
	attempts *atomic.Int64
}

var errDisk = errors.New("the disk is full")

func (s unsavableSnapshots) Save(context.Context, string, io.Reader) error {
	s.attempts.Add(1)
	return errDisk
}

// Servers that have just been started may not list what was saved.
func TestASaveThatIsNotListedYetHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{SaveEvery(5), CleanupInterval(0)}
		log := newStream[string, int](opts...)
		s, err := open[string, int](context.Background(), &onceSnap{log.Open(), 3}, newOptions(opts))
		g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		for range 100 {
			g.Expect(s.Set("a", 1, 0)).To(Succeed())
			synctest.Wait()
		}
		g.Expect(s.Health().SaveErr).NotTo(HaveOccurred())
		g.Expect(s.Health().LastSnapshot).NotTo(BeZero())
		g.Expect(len(log.Messages())).To(BeNumerically("<", 50), "it is trimmed later")
	})
}

// A log that is full because its writers were faster than what saves snapshots accepts
// writes again soon, whichever of its messages was the last that found room.
func TestALogThatIsFullIsTrimmed(t *testing.T) {
	for limit := 4; limit < 40; limit++ {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				opts := []Option{SaveEvery(10), CleanupInterval(0)}
				log := newStream[string, int](opts...)
				log.SetLimit(limit)
				s, err := open[string, int](context.Background(), log.Open(), newOptions(opts))
				g.Expect(err).NotTo(HaveOccurred())
				defer s.Close()
				for range 10 {
					for err == nil {
						err = s.Set("a", 1, 0)
					}
					g.Expect(err).To(MatchError(stream.ErrLimit))
					for range 10 {
						time.Sleep(time.Second)
						if err = s.Set("a", 1, 0); err == nil {
							break
						}
					}
					g.Expect(err).NotTo(HaveOccurred())
				}
			})
		})
	}
}

// Of a log that has become full with the message that names the newest snapshot, nothing
// has to be saved to make room.
func TestALogThatIsFullOfWhatASnapshotHoldsIsTrimmed(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		s := c.nodes[0]
		for first := true; first || s.replica.Unsaved() != (replica.Growth{}); first = false {
			c.g.Expect(s.Set("a", 1, 0)).To(Succeed())
			synctest.Wait()
		}
		saved := s.Health().LastSnapshot
		c.stream.SetLimit(len(c.stream.Messages()))
		c.g.Expect(s.Set("a", 2, 0)).To(MatchError(stream.ErrLimit))
		time.Sleep(5 * time.Second) // for a heartbeat
		c.g.Expect(s.Set("a", 3, 0)).To(Succeed())
		c.g.Expect(s.Health().LastSnapshot).To(Equal(saved))
	}, SaveEvery(10), CleanupInterval(0))
}

// A copy of the whole state is not made again and again in vain.
func TestAFailedSaveIsRepeatedAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		log := unsavable{newStream[string, int](SaveEvery(5)).Open(), new(atomic.Int64)}
		s, err := open[string, int](context.Background(), log, newOptions([]Option{SaveEvery(5)}))
		g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		for range 100 {
			g.Expect(s.Set("a", 1, 0)).To(Succeed())
			synctest.Wait()
		}
		g.Expect(s.Health().SaveErr).To(MatchError(errDisk))
		g.Expect(log.attempts.Load()).To(BeEquivalentTo(1))
		time.Sleep(saveAgain)
		g.Expect(s.Set("a", 1, 0)).To(Succeed())
		synctest.Wait()
		g.Expect(log.attempts.Load()).To(BeEquivalentTo(2))
	})
}
