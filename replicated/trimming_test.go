package replicated

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// Snapshots are saved and the log is trimmed. What was deleted stays deleted, on a node
// that begins with the snapshot too.
func TestTheLogIsTrimmedAndNewNodesStartFromASnapshot(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		s := c.nodes[0]
		c.g.Expect(s.Set("deleted", 1, 0)).To(Succeed())
		c.g.Expect(s.Set("kept", 1, 0)).To(Succeed())
		c.g.Expect(s.Set("shortened", 1, 0)).To(Succeed())
		c.g.Expect(s.Delete("deleted")).To(BeTrue())
		c.g.Expect(s.Touch("shortened", 50*time.Millisecond)).To(BeTrue())
		for i := range 500 {
			c.g.Expect(s.Set("n", i, 0)).To(Succeed())
		}
		synctest.Wait()
		c.g.Expect(s.Health().SaveErr).NotTo(HaveOccurred())
		c.g.Expect(len(c.stream.Messages())).To(BeNumerically("<", 400))
		fresh := c.join()
		c.g.Expect(fresh.Health().LastSnapshot).NotTo(BeZero())
		_, ok := fresh.Get("deleted")
		c.g.Expect(ok).To(BeFalse())
		time.Sleep(time.Second)
		_, ok = fresh.Get("shortened")
		c.g.Expect(ok).To(BeFalse())
		got, _ := fresh.Get("kept")
		c.g.Expect(got).To(Equal(1))
		c.expectEqual()
	}, SaveEvery(100))
}

// A node that was cut off while the log was trimmed continues from a snapshot, and gets
// the result of its write that was applied meanwhile.
func TestANodeThatFellBehindContinuesFromASnapshot(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		c.g.Expect(c.nodes[0].Set("a", 1, 0)).To(Succeed())
		c.logs[0].Cut(stream.ErrDisconnected)
		for i := range 500 {
			c.g.Expect(c.nodes[1].Set("n", i, 0)).To(Succeed())
		}
		c.logs[0].Cut(nil)
		c.g.Expect(c.nodes[0].Sync(context.Background())).To(Succeed())
		got, _ := c.nodes[0].Get("n")
		c.g.Expect(got).To(Equal(499))
		c.expectEqual()
	}, SaveEvery(100))
}

// Watch continues on another node where it ended on the first.
func TestWatchContinuesOnAnotherNode(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		var at time.Time
		next := func(s *Store[string, int], n int) (events []string) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for e := range s.Watch(ctx, at) {
				if e.Kind == lastmodstore.CaughtUp {
					continue
				}
				events, at = append(events, fmt.Sprint(e.Kind, " ", e.Key)), e.At
				if len(events) == n {
					break
				}
			}
			return events
		}
		for _, key := range []string{"a", "b", "c"} {
			c.g.Expect(c.nodes[0].Set(key, 1, 0)).To(Succeed())
		}
		c.g.Expect(c.nodes[1].Sync(context.Background())).To(Succeed())
		c.g.Expect(next(c.nodes[0], 2)).To(Equal([]string{"Modified a", "Modified b"}))
		c.g.Expect(c.nodes[1].Delete("a")).To(BeTrue())
		c.g.Expect(next(c.nodes[1], 2)).To(Equal([]string{"Modified c", "Deleted a"}))
		c.g.Expect(c.nodes[0].Clear()).To(Succeed())
		c.g.Expect(next(c.nodes[0], 1)).To(Equal([]string{"Resync "}))
	})
}
