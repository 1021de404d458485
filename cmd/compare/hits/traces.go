package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// A trace is a sequence of uses of keys. A use is a read that stores what it does not
// find, or a write.
type trace struct {
	name     string
	capacity int // of the cache it is meant for
	keys     []uint32
	writes   []bool // which uses are writes; nil: none
	isWarm   bool   // it is used twice, and only the second time counts
}

const (
	seed     = 1
	uses     = 500_000
	manyKeys = 100_000
)

// generated returns the traces that are drawn at random.
func generated() []trace {
	return []trace{
		churn("churn, zipf", false), churn("churn, scan", true),
		scrambled(0.7, 10_000), scrambled(0.99, 1000), scrambled(0.99, 10_000),
		once(10_000), latest(1000), latest(10_000),
		written(1000, 10), written(10_000, 2),
		pools(100), pools(450), loop(500), loop(900), phases(1000), phases(10_000),
	}
}

// churn is the trace of the comparison's workload of that name: Zipf with the exponent
// 1.1, interrupted by keys that are used once in a round.
func churn(name string, hasScans bool) trace {
	t := trace{name: name, capacity: 10_000, isWarm: true}
	r := rand.New(rand.NewPCG(seed, manyKeys))
	z, order := rand.NewZipf(r, 1.1, 1, manyKeys-1), r.Perm(manyKeys)
	scanned := uint32(manyKeys)
	for i := range 200_000 {
		t.keys = append(t.keys, uint32(order[z.Uint64()]))
		for n := 0; hasScans && i%20_000 == 19_999 && n < 10_000; n++ {
			t.keys = append(t.keys, scanned)
			scanned++
		}
	}
	return t
}

// zipf returns a function that draws from n ranks, of which rank i has a weight of
// (i+1) to the power of -theta. Unlike in math/rand, theta may be below 1.
func zipf(r *rand.Rand, n int, theta float64) func() int {
	sums, sum := make([]float64, n), 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -theta)
		sums[i] = sum
	}
	return func() int { return min(sort.SearchFloat64s(sums, r.Float64()*sum), n-1) }
}

// generate draws the keys of a trace.
func generate(name string, capacity int, open func(r *rand.Rand) func(i int) int) trace {
	t := trace{name: name, capacity: capacity, keys: make([]uint32, uses)}
	key := open(rand.New(rand.NewPCG(seed, seed)))
	for i := range t.keys {
		t.keys[i] = uint32(key(i))
	}
	return t
}

// scrambled is the request distribution of YCSB (Cooper et al., SoCC 2010), whose theta
// is 0.99.
func scrambled(theta float64, capacity int) trace {
	return generate(fmt.Sprintf("Zipf %.2f", theta), capacity, func(r *rand.Rand) func(int) int {
		draw, order := zipf(r, manyKeys, theta), r.Perm(manyKeys)
		return func(int) int { return order[draw()] }
	})
}

// once is Zipf in which every fifth key is used only once, as in many traces of web
// caches.
func once(capacity int) trace {
	return generate("Zipf 0.99, 20 % used once", capacity, func(r *rand.Rand) func(int) int {
		draw := zipf(r, manyKeys, 0.99)
		return func(i int) int {
			if i%5 == 0 {
				return manyKeys + i
			}
			return draw()
		}
	})
}

// latest is YCSB's workload D: new keys, and reads of recent ones.
func latest(capacity int) trace {
	return generate("YCSB D (latest)", capacity, func(r *rand.Rand) func(int) int {
		draw, newest := zipf(r, manyKeys, 0.99), manyKeys
		return func(i int) int {
			if i%20 == 0 {
				newest++
				return newest
			}
			return newest - draw()
		}
	})
}

// written is scrambled with a share of writes.
func written(capacity, every int) trace {
	t := scrambled(0.99, capacity)
	t.name = fmt.Sprintf("Zipf 0.99, %d %% writes", 100/every)
	r := rand.New(rand.NewPCG(seed, 2))
	for range t.keys {
		t.writes = append(t.writes, r.IntN(every) == 0)
	}
	return t
}

// pools is the two-pool experiment of LRU-2 (O'Neil et al., SIGMOD 1993): pages of an
// index and of its records in turn.
func pools(capacity int) trace {
	return generate("two pools", capacity, func(r *rand.Rand) func(int) int {
		return func(i int) int {
			if i%2 == 0 {
				return r.IntN(100)
			}
			return 100 + r.IntN(10_000)
		}
	})
}

// loop uses 1,000 keys again and again, as the trace loop of the LIRS paper (Jiang and
// Zhang, SIGMETRICS 2002).
func loop(capacity int) trace {
	return generate("loop", capacity, func(*rand.Rand) func(int) int {
		return func(i int) int { return i % 1000 }
	})
}

// phases changes every 100,000 uses between Zipf, a loop over 15,000 keys, and Zipf of
// other keys.
func phases(capacity int) trace {
	return generate("phases", capacity, func(r *rand.Rand) func(int) int {
		draw := zipf(r, 50_000, 0.9)
		return func(i int) int {
			phase := i / 100_000
			if phase%3 == 1 {
				return i % 15_000
			}
			return 1_000_000*(1+phase) + draw()
		}
	})
}
