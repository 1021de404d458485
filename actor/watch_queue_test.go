package actor

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

func watchRequest(more bool, until int64) *request[string, int] {
	return &request[string, int]{feed: &table.Feed[string, int]{More: more, Until: until}}
}

func TestWatchQueueAlternatesBetweenReadingAndBehind(t *testing.T) {
	g := NewWithT(t)
	q := newWatchQueue[string, int]()
	a, b := watchRequest(true, 0), watchRequest(true, 0)
	c, d := watchRequest(false, 1), watchRequest(false, 1)
	for _, r := range []*request[string, int]{a, b, c, d} {
		q.add(r, 1)
	}
	g.Expect(first[string, int](q.waiting)).To(BeIdenticalTo(c))
	g.Expect(q.behind.Empty()).To(BeTrue())
	g.Expect(q.hasReady(2)).To(BeTrue())
	g.Expect(q.waiting.Empty()).To(BeTrue(), "something has happened since")
	// Neither the watchers that read nor those that waited starve the others.
	g.Expect(q.next()).To(BeIdenticalTo(a))
	q.add(a, 2)
	g.Expect(q.next()).To(BeIdenticalTo(c))
	q.add(c, 2)
	g.Expect(q.next()).To(BeIdenticalTo(b))
	g.Expect(q.next()).To(BeIdenticalTo(d))
	g.Expect(q.next()).To(BeIdenticalTo(a))
	g.Expect(q.next()).To(BeIdenticalTo(c))
	g.Expect(q.hasReady(2)).To(BeFalse())
}

func TestARestDelaysOnlyTheWatchersThatWaited(t *testing.T) {
	g := NewWithT(t)
	q := newWatchQueue[string, int]()
	q.resting = make(chan struct{})
	behind, reading := watchRequest(false, 1), watchRequest(true, 0)
	q.add(behind, 2)
	g.Expect(q.hasReady(2)).To(BeFalse())
	q.add(reading, 2)
	g.Expect(q.hasReady(2)).To(BeTrue())
	g.Expect(q.next()).To(BeIdenticalTo(reading))
	q.wake(3)
	g.Expect(q.next()).To(BeIdenticalTo(behind))
	g.Expect(q.remove(behind)).To(BeFalse())
	q.add(behind, 2)
	g.Expect(q.remove(behind)).To(BeTrue())
	g.Expect(q.behind.Empty()).To(BeTrue())
}

// Otherwise old work would be charged to the next change that two watchers wait for,
// and the second of them would have to wait for a rest.
func TestPacingIsResetWhenAllWatchersLeaveDuringARest(t *testing.T) {
	g := NewWithT(t)
	q := newWatchQueue[string, int]()
	q.resting = make(chan struct{})
	stopped := watchRequest(false, 1)
	q.add(stopped, 2)
	g.Expect(q.remove(stopped)).To(BeTrue())
	q.wake(3)
	g.Expect(q.pace).To(Equal(engine.FeedPacer{}))
	q.resting = make(chan struct{})
	q.add(watchRequest(false, 1), 2)
	q.wake(3)
	g.Expect(q.pace).NotTo(Equal(engine.FeedPacer{}), "a watcher has waited for its end")
}
