package table

import (
	"sync/atomic"

	"github.com/lastmodstore/lastmodstore/internal/epoch"
)

// counts counts the reads of a table, separately for each stripe of its readers, so
// that two cores seldom write the same cache line.
type counts []struct {
	hits, misses atomic.Uint64
	_            [48]byte
}

// CountRead counts a hit or a miss, if the store counts reads.
func (t *Table[K, V]) CountRead(hit bool) {
	if t.reads == nil {
		return
	}
	stripe := uint32(0)
	if t.readers != nil {
		stripe = t.readers.Stripe() % epoch.Stripes
	}
	if c := &t.reads[stripe]; hit {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
}

func (c counts) sum() (hits, misses uint64) {
	for i := range c {
		hits += c[i].hits.Load()
		misses += c[i].misses.Load()
	}
	return hits, misses
}
