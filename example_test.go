package lastmodstore_test

import (
	"bytes"
	"errors"
	"expvar"
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func Example() {
	engines := []lastmodstore.Store[string, int]{
		actor.New[string, int](time.Minute),
		mutexstore.New[string, int](time.Minute),
	}
	for _, s := range engines {
		s.Set("answer", 42, 10*time.Minute)
		e, ok := s.GetEntry("answer")
		fmt.Println(e.Value, ok, e.TTL)
		s.Close()
	}
	// Output:
	// 42 true 10m0s
	// 42 true 10m0s
}

func ExampleGetIfModifiedSince() {
	s := mutexstore.New[string, string](0)
	defer s.Close()
	s.Set("config", "v1", lastmodstore.NoExpiry)
	read, _ := s.GetLastModified("config")

	_, changed := lastmodstore.GetIfModifiedSince(s, "config", read)
	fmt.Println(changed)
	s.Set("config", "v2", lastmodstore.NoExpiry)
	e, changed := lastmodstore.GetIfModifiedSince(s, "config", read)
	fmt.Println(changed, e.Value)
	// Output:
	// false
	// true v2
}

func ExampleSetIfAbsent() {
	s := actor.New[string, string](0)
	defer s.Close()
	for _, who := range []string{"alice", "bob"} {
		holder, got, err := lastmodstore.SetIfAbsent(s, "lock", who, time.Minute)
		fmt.Println(holder.Value, got, err)
	}
	// Output:
	// alice true <nil>
	// alice false <nil>
}

func ExampleUpdate() {
	s := mutexstore.New[string, int](0)
	defer s.Close()
	s.Set("stock", 1, lastmodstore.NoExpiry)
	take := func(old lastmodstore.Entry[int], ok bool) (int, time.Duration, error) {
		if old.Value == 0 {
			return 0, 0, errors.New("sold out")
		}
		return old.Value - 1, lastmodstore.KeepTTL, nil
	}
	for range 2 {
		e, err := lastmodstore.Update(s, "stock", take)
		fmt.Println(e.Value, err)
	}
	// Output:
	// 0 <nil>
	// 0 sold out
}

func ExampleAdd() {
	s := actor.New[string, int](0)
	defer s.Close()
	const limit = 2
	for range 3 {
		e, err := lastmodstore.Add(s, "requests", 1, time.Minute)
		fmt.Println(e.Value <= limit, err)
	}
	// Output:
	// true <nil>
	// true <nil>
	// false <nil>
}

func ExampleWriter_getAndDelete() {
	var s lastmodstore.Store[string, string] = mutexstore.New[string, string](0)
	defer s.Close()
	s.Set("ticket", "seat 7", time.Hour)
	for range 2 {
		e, ok, err := s.GetAndDelete("ticket")
		fmt.Printf("%q %t %v\n", e.Value, ok, err)
	}
	// Output:
	// "seat 7" true <nil>
	// "" false <nil>
}

func ExampleReader_modifiedSince() {
	var s lastmodstore.Store[string, int] = mutexstore.New[string, int](0)
	defer s.Close()
	for i, key := range []string{"a", "b", "c"} {
		s.Set(key, i, lastmodstore.NoExpiry)
	}
	seen, _ := s.GetLastModified("a")
	s.Set("b", 10, lastmodstore.NoExpiry)
	for key, e := range s.ModifiedSince(seen) {
		fmt.Println(key, e.Value)
	}
	// Output:
	// c 2
	// b 10
}

func ExampleMaxWeight() {
	size := func(key string, value []byte) int { return len(key) + len(value) }
	s := mutexstore.New[string, []byte](time.Minute, lastmodstore.MaxWeight(1000, size))
	defer s.Close()
	for _, key := range []string{"a", "b", "c"} {
		s.Set(key, make([]byte, 399), lastmodstore.NoExpiry)
	}
	_, ok := s.Get("a")
	stats := s.Stats()
	fmt.Println(ok, stats.Entries, stats.Weight, stats.MaxWeight)
	fmt.Println(s.Set("d", make([]byte, 1000), lastmodstore.NoExpiry) == lastmodstore.ErrFull)
	// Output:
	// false 2 800 1000
	// true
}

func Example_expvar() {
	s := mutexstore.New[string, int](0)
	defer s.Close()
	expvar.Publish("cache", expvar.Func(func() any { return s.Stats() }))
	s.Set("a", 1, time.Minute)
	fmt.Println(expvar.Get("cache"))
	// Output: {"Entries":1,"Weight":0,"MaxWeight":0,"Hits":0,"Misses":0,"Sets":1,"Deletes":0,"Expirations":0,"Evictions":0,"PendingRemovals":0,"Sweeps":0,"LongestSweepStep":0}
}

func ExampleSave() {
	s := mutexstore.New[string, string](0)
	s.Set("greeting", "hello", time.Hour)
	var snapshot bytes.Buffer
	err := lastmodstore.Save(&snapshot, s, lastmodstore.JSON)
	s.Close()

	restored := mutexstore.New[string, string](0)
	defer restored.Close()
	stored, err2 := lastmodstore.Load(&snapshot, restored, lastmodstore.JSON)
	fmt.Println(stored, err, err2)
	fmt.Println(restored.Get("greeting"))
	// Output:
	// 1 <nil> <nil>
	// hello true
}

func ExampleNewSharded() {
	s := lastmodstore.NewSharded(8, func() lastmodstore.Store[string, int] {
		return mutexstore.New[string, int](time.Minute)
	})
	defer s.Close()
	s.SetMany(map[string]int{"a": 1, "b": 2}, time.Hour)
	fmt.Println(s.Get("a"))
	fmt.Println(s.Len())
	// Output:
	// 1 true
	// 2
}
