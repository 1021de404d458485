package workload

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
)

// ttl is so long that nothing expires during a measurement.
const ttl = time.Hour

var keyCache = map[int][]string{}

// keys returns the first n keys. It makes them once, on the runner's goroutine.
func keys(n int) []string {
	if keyCache[n] == nil {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("key-%08d", i)
		}
		keyCache[n] = all
	}
	return keyCache[n]
}

// A trace is a sequence of keys, as indexes. It is made in advance: drawing from a
// Zipf distribution costs more than a Get.
type trace []uint32

const traceLen = 1 << 20

// zipfSkew is the exponent: slightly over 1, as measured in many caches.
const zipfSkew = 1.1

func newTrace(dist string, n int, seed uint64) trace {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	t := make(trace, traceLen)
	draw := func() uint64 { return r.Uint64N(uint64(n)) }
	if dist == "zipf" {
		z := rand.NewZipf(r, zipfSkew, 1, uint64(n-1))
		order := r.Perm(n) // so that hot keys are not neighbours in memory
		draw = func() uint64 { return uint64(order[z.Uint64()]) }
	}
	for i := range t {
		t[i] = uint32(draw())
	}
	return t
}

// fill stores every key.
func fill[V any](s implementation.Store[V], keys []string, value V) {
	for _, k := range keys {
		s.Set(k, value, ttl)
	}
	settle(s)
}
