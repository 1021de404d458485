package table

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
)

func captured[K comparable, V any](t *Table[K, V]) *Capture[K, V] {
	c := &Capture[K, V]{}
	for !t.Capture(c) {
		c.Reserve()
	}
	return c
}

func imageOf[K comparable, V any](c *Capture[K, V]) Image[K, V] {
	image := c.Rest
	image.Entries = slices.Collect(c.Entries())
	return image
}

// 13, 24: a page or feed that was begun in the earlier contents, with checkpoints in slots
// that now hold other entries, continues from its position in time.
func TestCheckpointsInEarlierContentsAreNotMisread(t *testing.T) {
	const n = 3 * walkLen
	g := NewWithT(t)
	c := config.Config{Deterministic: true, RemovalLog: 10}
	from, to := newReplica(c, 0), newReplica(c, 1)
	for key := range n {
		set := command{name: "Set", now: historyOpened + int64(key), key: key}
		from.apply(&set)
		to.apply(&set)
	}
	page := Since[int, int](to.line, to.line.Time(historyOpened+n/2))
	feed := NewFeed[int, int](to.line, to.line.Time(historyOpened+n/2))
	to.t.Changes(&page, 0)
	to.t.Watch(&feed, historyOpened+n)
	g.Expect(page.checkpoints).NotTo(BeEmpty())
	g.Expect(feed.cursor.checkpoints).NotTo(BeEmpty())
	for key := 0; key < n; key += 2 {
		from.apply(&command{name: "Set", now: historyOpened + n, key: key})
	}
	to.t.Restore(imageOf(captured(from.t)), to.hash)
	to.t.check(t)
	var pages, events []int
	for ; !page.Done; to.t.Changes(&page, 0) {
		for _, p := range page.Pairs {
			pages = append(pages, p.Key)
		}
	}
	for !feed.CaughtUp() {
		for to.t.Watch(&feed, historyOpened+2*n); feed.HasNext(); {
			if e := feed.Next(to.line); e.Kind == lastmodstore.Modified {
				events = append(events, e.Key)
			}
		}
	}
	var odd, even []int
	for key := n/2 + 1; key < n; key += 2 {
		odd = append(odd, key)
	}
	for key := 0; key < n; key += 2 {
		even = append(even, key)
	}
	for _, p := range page.Pairs {
		pages = append(pages, p.Key)
	}
	g.Expect(pages).To(Equal(odd))
	g.Expect(events).To(Equal(append(odd, even...)))
}

// Restoring into a table whose slots readers may still access frees none of them early.
func TestRestoringReusesNothing(t *testing.T) {
	if !isShared {
		return
	}
	g := NewWithT(t)
	c := config.Config{Deterministic: true, RemovalLog: 10}
	from, to := newReplica(c, 0), newReplica(c, 1)
	for key := range 100 {
		from.apply(&command{name: "Set", now: historyOpened, key: key, value: 1})
		to.apply(&command{name: "Set", now: historyOpened, key: key, value: 0})
	}
	reader := to.t.readers.Enter()
	defer reader.Leave()
	v, i, result := to.t.lookUp(to.hash(5), 5)
	g.Expect(result).To(Equal(Present))
	for range 2 {
		to.apply(&command{name: "Set", now: historyOpened, key: 5, value: 0}) // retires slot i
		to.t.Restore(imageOf(captured(from.t)), to.hash)
		for key := range 100 {
			to.apply(&command{name: "Set", now: historyOpened, key: key, value: 2})
		}
		to.t.check(t)
		must(t, "key", v.slots.at(i).key, 5)
		must(t, "value", v.slots.at(i).value, 0)
	}
}

// 15: a reader without a lock finds a key that is in both contents, and the later value
// once it has found that.
func TestReadersSeeOneOfTwoContents(t *testing.T) {
	if !isShared {
		return
	}
	r := newReplica(config.Config{Deterministic: true}, 0)
	restored := make([]*Restored[int, int], 2000)
	for value := range restored {
		r.apply(&command{name: "Set", now: historyOpened, key: 1, value: value})
		restored[value] = r.t.Prepare(imageOf(captured(r.t)), r.hash)
	}
	r.t.Adopt(restored[0])
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for value := 0; value < len(restored)-1; {
				reader := r.t.readers.Enter()
				found, _, result := r.t.Get(r.hash(1), 1)
				reader.Leave()
				if result != Present || found < value {
					t.Errorf("result %d, value %d after %d", result, found, value)
					return
				}
				value = found
			}
		})
	}
	for _, next := range restored[1:] {
		r.t.Adopt(next)
		runtime.Gosched()
	}
	wg.Wait()
}

// A table that has outgrown what was reserved for it is not captured in part.
func TestACaptureIsRepeatedIfTheTableHasGrown(t *testing.T) {
	g := NewWithT(t)
	r := newReplica(config.Config{Deterministic: true, RemovalLog: 1000}, 0)
	n := 0
	grow := func() {
		for range 100 + n {
			n++
			r.apply(&command{name: "Set", now: historyOpened, key: n, ttl: time.Hour})
		}
	}
	var c Capture[int, int]
	for range 8 {
		grow()
		g.Expect(r.t.Capture(&c)).To(BeFalse())
		c.Reserve()
	}
	for key := range 20 {
		r.apply(&command{name: "Delete", now: historyOpened, key: key + 1})
	}
	g.Expect(r.t.Capture(&c)).To(BeFalse(), "for the removal log")
	c.Reserve()
	g.Expect(r.t.Capture(&c)).To(BeTrue())
	g.Expect(imageOf(&c)).To(Equal(imageOf(captured(r.t))))
	g.Expect(imageOf(&c).Entries).To(HaveLen(n - 20))
}

// 28: neither a capture nor an image changes with the table, and a restored table shares
// no memory with its image.
func TestAnImageDoesNotChange(t *testing.T) {
	g := NewWithT(t)
	r := newReplica(config.Config{Deterministic: true, RemovalLog: 10}, 0)
	set := func(n, value int) {
		for key := range n {
			r.apply(&command{name: "Set", now: historyOpened, key: key, value: value, ttl: time.Hour})
		}
	}
	set(500, 1)
	r.apply(&command{name: "Delete", now: historyOpened, key: 7})
	first, capture := imageOf(captured(r.t)), captured(r.t)
	r.t.Restore(first, r.hash)
	set(300, 2)
	r.apply(&command{name: "Clear", now: historyOpened})
	second := imageOf(capture)
	g.Expect(first.Entries).To(HaveLen(499))
	g.Expect(second).To(Equal(first))
	g.Expect(imageOf(captured(r.t))).NotTo(Equal(first))
}
