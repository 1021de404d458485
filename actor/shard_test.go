package actor

import (
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

// withoutOwner returns a store whose requests stay in the mailbox.
func withoutOwner() *Store[string, int] {
	s := &Store[string, int]{mailbox: make(chan *request[string, int], mailboxSize), done: make(chan struct{})}
	s.requests.New = func() any { return &request[string, int]{reply: make(chan struct{}, 1)} }
	return s
}

func startBatches(s *Store[string, int]) []engine.Pending {
	return []engine.Pending{
		shard[string, int]{s}.StartGetMany([]string{"a"}, make([]table.Lookup[int], 1)),
		shard[string, int]{s}.StartSetMany([]table.Assignment[string, int]{{Key: "a"}}, 0),
	}
}

// Starting a part of a batch does not wait for the shard's owner. It ends with the
// reply, and its request is not reused before that.
func TestABatchIsStartedWithoutWaitingForTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := withoutOwner()
		for i, p := range startBatches(s) {
			r := <-s.mailbox
			ended := make(chan error, 1)
			go func() { ended <- p.Wait() }()
			synctest.Wait()
			g.Expect(ended).To(BeEmpty(), "part %d ended before its reply", i)
			for range 10 {
				g.Expect(s.newRequest(opLen)).NotTo(BeIdenticalTo(r))
			}
			r.err = lastmodstore.ErrFull
			r.reply <- struct{}{}
			g.Expect(<-ended).To(Equal(lastmodstore.ErrFull))
			g.Expect(*r).To(Equal(request[string, int]{reply: r.reply}), "26: a pooled request holds nothing")
		}
	})
}

// 21: batches that are in flight when the owner ends, or that start later, are
// refused.
func TestCloseRefusesBatchesInFlight(t *testing.T) {
	g := NewWithT(t)
	s := withoutOwner()
	before := startBatches(s)
	close(s.done)
	after := startBatches(s)
	for _, p := range append(before, after...) {
		g.Expect(p.Wait()).To(Equal(lastmodstore.ErrClosed))
	}
}
