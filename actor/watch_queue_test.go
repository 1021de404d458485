package actor

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

func asking(more bool, until int64) *request[string, int] {
	return &request[string, int]{feed: &table.Feed[string, int]{More: more, Until: until}}
}

func TestFeederTakesTurns(t *testing.T) {
	g := NewWithT(t)
	f := newWatchQueue[string, int]()
	a, b := asking(true, 0), asking(true, 0)
	c, d := asking(false, 1), asking(false, 1)
	for _, r := range []*request[string, int]{a, b, c, d} {
		f.add(r, 1)
	}
	g.Expect(first[string, int](f.waiting)).To(BeIdenticalTo(c))
	g.Expect(f.behind.Empty()).To(BeTrue())
	g.Expect(f.hasReady(2)).To(BeTrue())
	g.Expect(f.waiting.Empty()).To(BeTrue(), "something has happened since")
	// Neither who reads nor who waited keeps the other out.
	g.Expect(f.next()).To(BeIdenticalTo(a))
	f.add(a, 2)
	g.Expect(f.next()).To(BeIdenticalTo(c))
	f.add(c, 2)
	g.Expect(f.next()).To(BeIdenticalTo(b))
	g.Expect(f.next()).To(BeIdenticalTo(d))
	g.Expect(f.next()).To(BeIdenticalTo(a))
	g.Expect(f.next()).To(BeIdenticalTo(c))
	g.Expect(f.hasReady(2)).To(BeFalse())
}

func TestFeederRestsOnlyFromThoseWhoWaited(t *testing.T) {
	g := NewWithT(t)
	f := newWatchQueue[string, int]()
	f.resting = make(chan struct{})
	behind, reading := asking(false, 1), asking(true, 0)
	f.add(behind, 2)
	g.Expect(f.hasReady(2)).To(BeFalse())
	f.add(reading, 2)
	g.Expect(f.hasReady(2)).To(BeTrue())
	g.Expect(f.next()).To(BeIdenticalTo(reading))
	f.wake(3)
	g.Expect(f.next()).To(BeIdenticalTo(behind))
	g.Expect(f.remove(behind)).To(BeFalse())
	f.add(behind, 2)
	g.Expect(f.remove(behind)).To(BeTrue())
	g.Expect(f.behind.Empty()).To(BeTrue())
}

// Else the first change that two watchers wait for would find an old stretch of
// work, and the second of them would have to rest.
func TestARestThatAllHaveLeftIsForgotten(t *testing.T) {
	g := NewWithT(t)
	f := newWatchQueue[string, int]()
	f.resting = make(chan struct{})
	stopped := asking(false, 1)
	f.add(stopped, 2)
	g.Expect(f.remove(stopped)).To(BeTrue())
	f.wake(3)
	g.Expect(f.pace).To(Equal(engine.FeedPacer{}))
	f.resting = make(chan struct{})
	f.add(asking(false, 1), 2)
	f.wake(3)
	g.Expect(f.pace).NotTo(Equal(engine.FeedPacer{}), "somebody has waited for its end")
}
