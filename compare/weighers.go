package compare

import (
	"bytes"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// weighers tests when and where the weigher of MaxWeight is called.
func weighers(c *cases) {
	c = c.with(Capacity, Weights, Counters, Batches, Conditions, Adding, Merging).on(anyShards)
	c.add("11, 17: the weigher may use the store", weigherUsesTheStore)
	c.add("17: each write weighs each value once", weighedOnce)
	c.add("17: a weigher that panics, or is wrong, panics in the caller and leaves the store as it was", weigherPanics)
	c.add("17: a weigher of other types than the store's panics in New", func(t *tester) {
		wrong := lastmodstore.MaxWeight(1, func(int, string) int { return 1 })
		t.Expect(func() { t.engine.Strings(time.Minute, wrong) }).To(PanicWith(And(
			ContainSubstring("func(int, string) int"), ContainSubstring("func(string, int) int"))))
		t.Expect(func() { lastmodstore.MaxWeight(0, func(int, int) int { return 1 }) }).To(PanicWith(ContainSubstring("at least 1")))
		t.Expect(func() { lastmodstore.MaxWeight[int, int](1, nil) }).To(PanicWith(ContainSubstring("the weigher is nil")))
	})
	c.add("10, 17: concurrent Adds lose nothing and weigh the sum", concurrentWeighedAdds)
	c.add("17: the weight stays within the limit while others write, read and sweep", weightUnderConcurrency)
	c.on(whole).add("15, 17: readers never find two entries that are heavier than MaxWeight together", readersFindNoExcess)
	c.add("17, 28: Load weighs what it restores", loadWeighs)
}

// weighedWrites are all calls that store a value under key.
var weighedWrites = map[string]func(s stringStore, key string, value int) error{
	"Set":     func(s stringStore, key string, value int) error { return s.Set(key, value, 0) },
	"SetMany": func(s stringStore, key string, value int) error { return s.SetMany(map[string]int{key: value}, 0) },
	"SetIfAbsent": func(s stringStore, key string, value int) error {
		_, _, err := lastmodstore.SetIfAbsent(s, key, value, 0)
		return err
	},
	"Add": func(s stringStore, key string, value int) error {
		_, err := s.Add(key, value, 0)
		return err
	},
	"Merge": func(s stringStore, key string, value int) error {
		_, err := s.Merge(key, entry{Value: value, LastModified: time.Now()})
		return err
	},
	"Update": func(s stringStore, key string, value int) error {
		_, err := lastmodstore.Update(s, key, func(entry, bool) (int, time.Duration, error) { return value, 0, nil })
		return err
	},
}

func weigherUsesTheStore(t *tester) {
	var s stringStore
	c := t.caller()
	s = t.open(lastmodstore.MaxWeight(1000, func(key string, value int) int {
		if key != "log" {
			s.Get(key)
			s.Stats()
			if err := s.Set("log", value, 0); err != nil {
				t.Error(err)
			}
		}
		return 1
	}))
	for name, write := range weighedWrites {
		t.Expect(write(s, name, 7)).To(Succeed())
		t.Expect(valueOf(s, "log")).To(Equal(7), name)
		t.Expect(s.Delete("log")).To(BeTrue())
		c.returned()
	}
}

func weighedOnce(t *tester) {
	var calls []string
	s := t.open(lastmodstore.MaxWeight(1000, func(key string, value int) int {
		calls = append(calls, fmt.Sprint(key, value))
		return 1
	}))
	for name, write := range weighedWrites {
		calls = nil
		t.Expect(write(s, name, 7)).To(Succeed())
		t.Expect(calls).To(Equal([]string{name + "7"}))
	}
	calls = nil
	t.Expect(s.SetMany(map[string]int{"a": 1, "b": 2, "c": 3}, 0)).To(Succeed())
	t.Expect(calls).To(ConsistOf("a1", "b2", "c3"))
	calls = nil
	_, err := s.Add("a", 9, 0)
	t.Expect(err).NotTo(HaveOccurred())
	t.Expect(calls).To(Equal([]string{"a10"}), "the sum is weighed")
	calls = nil
	t.Expect(s.Touch("a", time.Hour)).To(BeTrue())
	s.Get("a")
	t.Expect(s.Delete("a")).To(BeTrue())
	t.Expect(calls).To(BeEmpty())
}

func weigherPanics(t *tester) {
	s := t.open(lastmodstore.MaxWeight(1000, func(_ string, value int) int {
		if value == 13 {
			panic("thirteen")
		}
		return value
	}))
	t.Expect(s.Set("a", 1, 0)).To(Succeed())
	for name, write := range weighedWrites {
		t.Expect(func() { write(s, name, 13) }).To(PanicWith("thirteen"), name)
		t.Expect(func() { write(s, name, -1) }).To(PanicWith(ContainSubstring("must not be negative")), name)
		t.Expect(s.Len()).To(Equal(1), name)
	}
	values := map[string]int{"bad": 13} // in any shard
	for i := range 100 {
		values[strconv.Itoa(i)] = 1
	}
	t.Expect(func() { s.SetMany(values, 0) }).To(PanicWith("thirteen"))
	t.Expect(s.Len()).To(Equal(1))
	t.Expect(s.Stats().Weight).To(Equal(1))
	values["bad"] = 2
	t.Expect(s.SetMany(values, 0)).To(Succeed())
	t.Expect(s.Stats().Weight).To(Equal(103))
}

func concurrentWeighedAdds(t *tester) {
	const callers = 8
	s := t.open(byValue(1 << 30))
	each := t.atLength(200, 5000)
	t.concurrently(callers, func(_ int, c *caller) {
		for range each {
			if _, err := s.Add("n", 1, 0); err != nil {
				t.Fatal(err)
			}
			c.returned()
		}
	})
	t.Expect(valueOf(s, "n")).To(Equal(callers * each))
	t.Expect(s.Stats().Weight).To(Equal(callers * each))
}

func weightUnderConcurrency(t *tester) {
	s := t.engine.Strings(20*time.Microsecond, byValue(50))
	defer s.Close()
	var over atomic.Bool
	watching := t.workers()
	watching.Go(func() {
		for !over.Load() {
			if stats := s.Stats(); stats.Weight > stats.MaxWeight || stats.Weight < 0 {
				t.Errorf("17: the weight is %d of %d", stats.Weight, stats.MaxWeight)
				return
			}
		}
	})
	rounds := t.atLength(3000, 100_000)
	t.concurrently(3, func(i int, c *caller) {
		for n := range rounds {
			c.returned()
			key, ttl := strconv.Itoa((n+i)%40), time.Duration(n%3)*50*time.Microsecond
			var err error
			switch n % 5 {
			case 0:
				err = s.SetMany(map[string]int{key: n % 9, key + "b": n % 11}, ttl)
			case 1:
				_, err = s.Touch(key, ttl)
			case 2:
				_, _, err = s.GetAndDelete(key)
			default:
				err = s.Set(key, n%17, ttl)
				s.Get(key)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	over.Store(true)
	watching.Wait()
	t.Expect(s.Clear()).To(Succeed())
	t.Expect(s.Stats().Weight).To(BeZero())
}

// readersFindNoExcess stores two keys in turns, each of which evicts the other. The values
// ascend. So if a reader finds one key and then a smaller value of the other, that was
// held when it found the first.
func readersFindNoExcess(t *tester) {
	s := t.open(lastmodstore.MaxWeight(10, func(string, int) int { return 6 }))
	keys := [2]string{"a", "b"}
	var over atomic.Bool
	reading := t.workers()
	for first := range keys {
		reading.Go(func() {
			for !over.Load() {
				found, _ := s.Get(keys[first])
				if other, ok := s.GetEntry(keys[1-first]); ok && other.Value < found {
					t.Errorf("17: entries %d and %d were held together", other.Value, found)
					return
				}
			}
		})
	}
	value := 0
	for range t.rounds(2000, 100_000) {
		for _, write := range weighedWrites {
			value++
			t.Expect(write(s, keys[value%2], value)).To(Succeed())
		}
	}
	over.Store(true)
	reading.Wait()
}

func loadWeighs(t *tester) {
	from := t.open()
	for i := range 20 {
		t.Expect(from.Set(strconv.Itoa(i), i, 0)).To(Succeed())
	}
	var snapshot bytes.Buffer
	t.Expect(lastmodstore.Save(&snapshot, from, lastmodstore.JSON)).To(Succeed())
	to := t.open(byValue(1000))
	t.Expect(lastmodstore.Load(bytes.NewReader(snapshot.Bytes()), to, lastmodstore.JSON)).To(Equal(20))
	t.Expect(to.Stats().Weight).To(Equal(190))
	small := t.open(byValue(18))
	_, err := lastmodstore.Load(bytes.NewReader(snapshot.Bytes()), small, lastmodstore.JSON)
	t.Expect(err).To(MatchError(lastmodstore.ErrFull))
	stats := small.Stats()
	t.Expect(stats.Weight).To(And(BeNumerically(">", 0), BeNumerically("<=", stats.MaxWeight)))
}
