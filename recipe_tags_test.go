package lastmodstore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A labeled value belongs to the groups that its tags name.
type labeled[V any] struct {
	Value V
	Tags  []string
}

// A tagCache is a cache whose values are invalidated by tag.
type tagCache[V any] struct {
	values lastmodstore.Store[string, labeled[V]]
	marks  lastmodstore.Store[string, struct{}] // by tag: modified when it was invalidated
	slow   time.Duration                        // longer than any load takes
}

// invalidate removes every value with the tag that was stored before the call, and has
// loads in progress discard theirs. It returns how many it removed. Call it after the
// source has changed.
func (c tagCache[V]) invalidate(tag string) (int, error) {
	if err := c.marks.Set(tag, struct{}{}, c.slow); err != nil { // before the loop: see fill
		return 0, err
	}
	return lastmodstore.DeleteFunc(c.values, func(_ string, e lastmodstore.Entry[labeled[V]]) bool {
		return slices.Contains(e.Value.Tags, tag)
	})
}

// fill loads a value and stores it. If one of its tags is invalidated meanwhile, the value
// may be outdated, and is removed again: either fill sees the mark, or the value was stored
// before the mark, and invalidate sees the value.
func (c tagCache[V]) fill(key string, tags []string, ttl time.Duration, load func() V) (V, error) {
	before := c.marks.GetMany(tags)
	v := load()
	e, err := lastmodstore.Update(c.values, key, func(lastmodstore.Entry[labeled[V]], bool) (labeled[V], time.Duration, error) {
		return labeled[V]{v, tags}, ttl, nil
	})
	if err == nil && !maps.EqualFunc(before, c.marks.GetMany(tags), sameVersion) {
		_, err = c.values.DeleteIfUnmodifiedSince(key, e.LastModified)
	}
	return v, err
}

func sameVersion(a, b lastmodstore.Entry[struct{}]) bool { return a.LastModified.Equal(b.LastModified) }

func Example_tags() {
	c := tagCache[string]{
		values: mutexstore.New[string, labeled[string]](time.Minute),
		marks:  mutexstore.New[string, struct{}](time.Minute),
		slow:   time.Minute,
	}
	defer c.values.Close()
	defer c.marks.Close()
	c.fill("/", []string{"news", "weather"}, time.Hour, func() string { return "home" })
	c.fill("/news/1", []string{"news"}, time.Hour, func() string { return "first" })
	c.fill("/about", nil, time.Hour, func() string { return "about us" })

	fmt.Println(c.invalidate("news"))
	for key, e := range c.values.All() {
		fmt.Println(key, e.Value.Value)
	}
	// Output:
	// 2 <nil>
	// /about about us
}

// eachTagCache runs a test on both engines, and on shards of one.
func eachTagCache(t *testing.T, test func(g Gomega, c tagCache[int])) {
	eachEngine(t, func(g Gomega, values lastmodstore.Store[string, labeled[int]]) {
		marks := mutexstore.New[string, struct{}](time.Second)
		defer marks.Close()
		test(g, tagCache[int]{values, marks, time.Minute})
	})
	t.Run("shards", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			values := lastmodstore.NewSharded(4, func() lastmodstore.Store[string, labeled[int]] {
				return mutexstore.New[string, labeled[int]](time.Second)
			})
			marks := mutexstore.New[string, struct{}](time.Second)
			defer values.Close()
			defer marks.Close()
			test(NewWithT(t), tagCache[int]{values, marks, time.Minute})
		})
	})
}

func TestInvalidatingATagRemovesItsGroup(t *testing.T) {
	eachTagCache(t, func(g Gomega, c tagCache[int]) {
		for i := range 600 {
			tags := []string{fmt.Sprint("by2/", i%2), fmt.Sprint("by3/", i%3)}
			_, err := c.fill(fmt.Sprint(i), tags, 0, func() int { return i })
			g.Expect(err).NotTo(HaveOccurred())
		}
		g.Expect(c.invalidate("by3/0")).To(Equal(200))
		g.Expect(c.invalidate("by2/0")).To(Equal(200), "100 of the 300 are gone already")
		g.Expect(c.invalidate("by2/0")).To(BeZero())
		g.Expect(c.invalidate("unknown")).To(BeZero())
		for _, e := range c.values.All() {
			g.Expect(e.Value.Value%2 == 0 || e.Value.Value%3 == 0).To(BeFalse())
		}
		g.Expect(c.values.Len()).To(Equal(200))
	})
}

// The loser of the race is a load that began before the source changed.
func TestALoadDuringAnInvalidationIsNotKept(t *testing.T) {
	eachTagCache(t, func(g Gomega, c tagCache[int]) {
		v, err := c.fill("a", []string{"tag"}, 0, func() int {
			g.Expect(c.invalidate("tag")).To(BeZero())
			return 1
		})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(v).To(Equal(1), "its caller still gets it")
		g.Expect(c.values.Len()).To(BeZero())
		_, err = c.fill("a", []string{"tag"}, 0, func() int {
			g.Expect(c.invalidate("other")).To(BeZero())
			return 2
		})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(c.values.Len()).To(Equal(1))
	})
}

// Loads read a source that others change and invalidate. In the end the cache holds
// nothing that the source does not.
func TestTheCacheEndsAsTheSourceIs(t *testing.T) {
	eachTagCache(t, func(g Gomega, c tagCache[int]) {
		const sources, pages = 3, 12
		var mu sync.Mutex // guards source
		var source [sources]int
		read := func(i int) int {
			mu.Lock()
			defer mu.Unlock()
			return source[i]
		}
		concurrently(4, func(i int, random *rand.Rand) {
			for range 200 {
				page := random.IntN(pages)
				from := page % sources
				if i == 0 {
					mu.Lock()
					source[from]++
					mu.Unlock()
					_, err := c.invalidate(fmt.Sprint(from))
					g.Expect(err).NotTo(HaveOccurred())
				} else {
					_, err := c.fill(fmt.Sprint(page), []string{fmt.Sprint(from)}, 0, func() int {
						v := read(from)
						time.Sleep(time.Duration(random.IntN(3)))
						return v
					})
					g.Expect(err).NotTo(HaveOccurred())
				}
				time.Sleep(time.Duration(random.IntN(3)))
			}
		})
		for key, e := range c.values.All() {
			var page int
			fmt.Sscan(key, &page)
			g.Expect(e.Value.Value).To(Equal(source[page%sources]), "page %d", page)
		}
		g.Expect(c.values.Len()).NotTo(BeZero())
	})
}

func TestInvalidatingAClosedCacheFails(t *testing.T) {
	eachTagCache(t, func(g Gomega, c tagCache[int]) {
		g.Expect(c.values.Close()).To(Succeed())
		_, err := c.invalidate("tag")
		g.Expect(err).To(MatchError(lastmodstore.ErrClosed))
	})
}
