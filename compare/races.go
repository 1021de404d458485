package compare

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// races tests calls that run concurrently with sweeps, Clear and readers.
func races(c *cases) {
	c.with(Conditions).add("12, 14: what is seen after Clear was modified after it", clearDuringChurn)
	c.add("14: single reads see Clear as a whole", clearSeenByReads)
	c.with(Changes).add("12, 13: loops concurrent with sweeps yield what stays exactly once, changes in order", loopsDuringSweeps)
	c.with(Capacity).add("15, 17: a store with a capacity never exceeds it, and readers find what was written", capacityWithReaders)
}

// clearDuringChurn looks, after each Clear, for entries that are older than it.
func clearDuringChurn(t *tester) {
	s, c := t.engine.Strings(20*time.Microsecond), t.caller()
	t.churn(s, func() {
		for n := range t.rounds(300, 20_000) {
			c.returned()
			mark, _, err := s.SetIfUnmodifiedSince("mark-"+strconv.Itoa(n), n, 0, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Clear(); err != nil {
				t.Fatal(err)
			}
			for key, e := range s.All() {
				if !e.LastModified.After(mark.LastModified) {
					t.Errorf("%s was not removed by Clear", key)
				}
			}
		}
	})
	s.Close()
}

// clearSeenByReads checks that a reader that has seen one key removed does
// not see another that was removed with it.
func clearSeenByReads(t *tester) {
	read := map[string]func(s stringStore, key string) int{
		"Get": func(s stringStore, key string) int {
			value, _ := s.Get(key)
			return value
		},
		"GetEntry": func(s stringStore, key string) int {
			e, _ := s.GetEntry(key)
			return e.Value
		},
	}
	for _, read := range read {
		s, c := t.engine.Strings(0), t.caller()
		var over atomic.Bool
		readers := t.workers()
		for range 2 {
			readers.Go(func() {
				for !over.Load() {
					if n := read(s, "second"); n > 0 && read(s, "first") == 0 && read(s, "second") == n {
						t.Errorf("14: Clear had removed the first key, and the second was still %d", n)
						return
					}
				}
			})
		}
		for n := range t.rounds(2000, 100_000) {
			s.Set("first", n+1, 0)
			s.Set("second", n+1, 0)
			s.Clear()
			c.returned()
		}
		over.Store(true)
		readers.Wait()
		s.Close()
	}
}

// loopsDuringSweeps loops over all entries and over all changes while others expire.
func loopsDuringSweeps(t *tester) {
	const stay = 1000
	s, c := t.engine.Strings(20*time.Microsecond), t.caller()
	for i := range stay {
		s.Set("stays-"+strconv.Itoa(i), i, 0)
	}
	t.churn(s, func() {
		for range t.rounds(30, 2000) {
			seen := map[string]bool{}
			for key := range s.All() {
				c.returned()
				if seen[key] {
					t.Errorf("12: %s is yielded twice", key)
				}
				seen[key] = true
			}
			var last time.Time
			ordered := 0
			for key, e := range s.ModifiedSince(time.Time{}) {
				c.returned()
				if !e.LastModified.After(last) {
					t.Errorf("13: %s is out of order", key)
				}
				if last = e.LastModified; e.TTL == 0 {
					ordered++
				}
				delete(seen, key)
			}
			for key := range seen {
				if len(key) > 5 && key[:5] == "stays" {
					t.Errorf("13: %s is missing", key)
				}
			}
			if ordered != stay {
				t.Errorf("13: %d instead of %d entries that stay", ordered, stay)
			}
		}
	})
	s.Close()
}

// churn runs f concurrently with two goroutines that fill s with what soon expires.
func (t *tester) churn(s stringStore, f func()) {
	var over atomic.Bool
	wg := t.workers()
	for c := range 2 {
		wg.Go(func() {
			for n := 0; !over.Load(); n++ {
				s.Set(fmt.Sprintf("goes-%d-%d", c, n%500), n, time.Duration(1+n%100)*time.Microsecond)
				if n%64 == 0 {
					s.Cleanup()
				}
			}
		})
	}
	defer wg.Wait()
	defer over.Store(true)
	f()
}

// capacityWithReaders checks that what readers find under a key was written
// under it, while entries expire and are evicted.
func capacityWithReaders(t *tester) {
	const capacity = 50
	s := t.engine.Strings(20*time.Microsecond, lastmodstore.MaxEntries(capacity))
	var over atomic.Bool
	wg := t.workers()
	for range 3 {
		wg.Go(func() {
			for n := 0; !over.Load(); n++ {
				if value, ok := s.Get(strconv.Itoa(n % 200)); ok && value%200 != n%200 {
					t.Errorf("15: %d under key %d", value, n%200)
				}
				if held := s.Len(); held > capacity {
					t.Errorf("17: %d entries", held)
				}
			}
		})
	}
	c := t.caller()
	for n := range t.rounds(5_000, 100_000) {
		c.returned()
		ttl := time.Duration(n%3) * 50 * time.Microsecond
		if err := s.Set(strconv.Itoa(n%200), n, ttl); err != nil {
			t.Fatal(err)
		}
	}
	over.Store(true)
	wg.Wait()
	s.Close()
}
