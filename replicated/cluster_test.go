package replicated

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
)

// A cluster is some nodes of one store, in a bubble.
type cluster struct {
	t      *testing.T
	g      *WithT
	stream *memlog.Stream
	opts   []Option
	logs   []*memlog.Log
	nodes  []*Store[string, int]
}

// inCluster runs f in a bubble with n nodes, and closes them.
func inCluster(t *testing.T, n int, f func(c *cluster), opts ...Option) {
	synctest.Test(t, func(t *testing.T) {
		c := &cluster{t: t, g: NewWithT(t), stream: newStream[string, int](opts...), opts: opts}
		for range n {
			c.join()
		}
		defer c.close()
		f(c)
	})
}

// join adds a node.
func (c *cluster) join() *Store[string, int] {
	c.t.Helper()
	log := c.stream.Open()
	s, err := join[string, int](log, append(slices.Clip(c.opts), onMachine(uint64(len(c.nodes))))...)
	c.g.Expect(err).NotTo(HaveOccurred())
	c.logs, c.nodes = append(c.logs, log), append(c.nodes, s)
	return s
}

func (c *cluster) close() {
	for _, s := range c.nodes {
		c.g.Expect(s.Close()).To(Succeed())
	}
}

// state returns all that determines what a node will do. Nothing may be in progress.
func state(g Gomega, s *Store[string, int]) []byte {
	var b bytes.Buffer
	g.Expect(s.replica.Write(&b, s.replica.Snapshot())).To(Succeed())
	return b.Bytes()
}

// expectEqual expects all nodes to have the same state, and so a new one that applies
// the log from its beginning or from a snapshot.
func (c *cluster) expectEqual() {
	c.t.Helper()
	fresh := c.join()
	for _, s := range c.nodes {
		c.g.Expect(s.Sync(context.Background())).To(Succeed())
	}
	synctest.Wait()
	for i, s := range c.nodes {
		c.g.Expect(state(c.g, s)).To(Equal(state(c.g, fresh)), "node %d differs from a new one", i)
	}
}
