package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

const (
	workers  = 64
	stays    = 1000   // keys that every store keeps
	goes     = 50_000 // keys that come and go
	capacity = 5000
	maxTTL   = 500 * time.Millisecond
)

type store = lastmodstore.Store[string, int]

// A run is two stores of one engine in use.
type run struct {
	free, bounded store
	keys          []string

	over    atomic.Bool
	calls   atomic.Int64
	longest atomic.Int64 // wait of a call in this second
	mu      sync.Mutex   // guards failed
	failed  error        // the first failure
}

func newRun(e compare.Engine) *run {
	r := &run{
		free:    e.Strings(50 * time.Millisecond),
		bounded: e.Strings(50*time.Millisecond, lastmodstore.MaxEntries(capacity)),
	}
	for i := range goes {
		r.keys = append(r.keys, fmt.Sprint("goes-", i))
	}
	for i := range stays {
		r.check(r.free.Set(fmt.Sprint("stays-", i), i, lastmodstore.NoExpiry))
	}
	return r
}

func (r *run) check(err error) {
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.failed == nil {
			r.failed = err
		}
	}
}

// churn keeps the workers busy and prints a line a second.
func (r *run) churn(name string, duration time.Duration) error {
	var wg sync.WaitGroup
	for id := range workers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(id)))
			for !r.over.Load() {
				start := time.Now()
				r.check(r.work(random))
				r.calls.Add(1)
				for wait := int64(time.Since(start)); ; {
					if longest := r.longest.Load(); wait <= longest || r.longest.CompareAndSwap(longest, wait) {
						break
					}
				}
			}
		})
	}
	for start := time.Now(); time.Since(start) < duration; {
		time.Sleep(time.Second)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Printf("%-6s %4.0f s  %11d operations  %6d + %5d entries  %6.1f MB heap  longest wait %v\n",
			name, time.Since(start).Seconds(), r.calls.Load(), r.free.Len(), r.bounded.Len(),
			float64(m.HeapAlloc)/1e6, time.Duration(r.longest.Swap(0)).Round(10*time.Microsecond))
	}
	r.over.Store(true)
	wg.Wait()
	return r.failed
}

// work makes one call, or a loop, on one of the stores.
func (r *run) work(random *rand.Rand) error {
	s := r.free
	if random.IntN(3) == 0 {
		s = r.bounded
	}
	key, value := r.keys[random.IntN(goes)], random.Int()
	ttl := 1 + rand.N(maxTTL)
	switch n := random.IntN(1000); {
	case n < 500:
		s.Get(key)
	case n < 750:
		return s.Set(key, value, ttl)
	case n < 800:
		_, err := s.Touch(key, ttl)
		return err
	case n < 850:
		_, err := s.Delete(key)
		return err
	case n < 900:
		_, err := lastmodstore.Add(s, key, 1, ttl)
		return err
	case n < 950:
		s.GetMany(r.keys[random.IntN(goes-10):][:10])
	case n < 990:
		_, err := s.Merge(key, lastmodstore.Entry[int]{Value: value, LastModified: time.Now(), TTL: ttl, ExpiresAt: time.Now().Add(ttl)})
		return err
	case n < 998:
		s.Cleanup()
	default:
		return loop(s)
	}
	if held := r.bounded.Len(); held > capacity {
		return fmt.Errorf("%d entries in a store of capacity %d", held, capacity)
	}
	return nil
}

// loop reads all, and then the changes of the last millisecond.
func loop(s store) error {
	stay := 0
	for _, e := range s.All() {
		if e.TTL == lastmodstore.NoExpiry {
			stay++
		}
	}
	if stay != stays && stay != 0 { // the bounded store has none
		return fmt.Errorf("a loop yielded %d of the %d entries that stay", stay, stays)
	}
	for range s.ModifiedSince(time.Now().Add(-time.Millisecond)) {
	}
	return nil
}

// settle lets everything expire and counts what the stores then hold in every way.
func (r *run) settle() error {
	time.Sleep(maxTTL + 10*time.Millisecond)
	var err error
	for want, s := range map[int]store{stays: r.free, 0: r.bounded} {
		s.Cleanup()
		all, changes := 0, 0
		last := time.Time{}
		for key := range s.All() {
			if _, ok := s.Get(key); !ok {
				err = errors.Join(err, fmt.Errorf("%s is in All but not found", key))
			}
			all++
		}
		for key, e := range s.ModifiedSince(time.Time{}) {
			if !e.LastModified.After(last) {
				err = errors.Join(err, fmt.Errorf("%s is out of order", key))
			}
			last = e.LastModified
			changes++
		}
		if all != want || changes != want || s.Len() != want {
			err = errors.Join(err, fmt.Errorf("%d entries by All, %d by ModifiedSince, %d by Len instead of %d", all, changes, s.Len(), want))
		}
	}
	return err
}

func (r *run) close() error { return errors.Join(r.free.Close(), r.bounded.Close()) }
