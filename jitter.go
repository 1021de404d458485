package lastmodstore

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Jitter returns a random TTL between ttl*(1-fraction) and ttl, so that entries that are
// stored at the same time do not all expire, and are not all loaded again, at the same
// time. It never lengthens a TTL, which is usually a promise of how old a value may be.
// All durations in between are equally likely; the result is at least 1 ns.
//
// [NoExpiry] and [KeepTTL] are returned unchanged, and so is any other negative TTL, which
// the store refuses. Jitter is safe to call concurrently. It panics if fraction is not a
// number from 0 to 1.
func Jitter(ttl time.Duration, fraction float64) time.Duration {
	if !(fraction >= 0 && fraction <= 1) { // also if it is NaN
		panic(fmt.Sprintf("lastmodstore: Jitter(%v, %v): the fraction must be from 0 (none) to 1 (the whole TTL)", ttl, fraction))
	}
	if ttl <= 0 {
		return ttl
	}
	spread := uint64(ttl)
	if part := fraction * float64(ttl); part < float64(ttl) { // it fits, unlike a rounded MaxInt64
		spread = uint64(part)
	}
	return max(1, ttl-time.Duration(rand.Uint64N(spread+1)))
}
