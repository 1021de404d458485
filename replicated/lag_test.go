package replicated

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// A position that a node has not reached yet is no reason for a Resync: Watch continues
// there when the node gets there.
func TestWatchContinuesOnANodeThatLags(t *testing.T) {
	inCluster(t, 2, func(c *cluster) {
		ahead, behind := c.nodes[0], c.nodes[1]
		c.g.Expect(ahead.Set("a", 1, 0)).To(Succeed())
		c.g.Expect(behind.Sync(context.Background())).To(Succeed())
		c.logs[1].Cut(stream.ErrDisconnected)
		synctest.Wait()
		time.Sleep(time.Second)
		c.g.Expect(ahead.Set("b", 2, 0)).To(Succeed())
		at, _ := ahead.GetLastModified("b")
		c.g.Expect(ahead.Set("c", 3, 0)).To(Succeed())
		var events []lastmodstore.Event[string, int]
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			for e := range behind.Watch(ctx, at) {
				if e.Kind != lastmodstore.CaughtUp {
					events = append(events, e)
				}
			}
		}()
		synctest.Wait()
		c.logs[1].Cut(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		c.g.Expect(events).To(HaveLen(1))
		c.g.Expect(events[0].Key).To(Equal("c"))
		c.g.Expect(events[0].Kind).To(Equal(lastmodstore.Modified))
	})
}
