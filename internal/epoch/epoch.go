// Package epoch determines when memory that readers may still use can be reused. It is a
// sleepable RCU (McKenney) with two counters per stripe: readers take no lock and never
// wait, and a writer that has made an item unreachable reuses it when every reader that
// could have reached it has left.
//
// To this package, an item is just a number.
package epoch

import (
	"math/rand/v2"
	"sync/atomic"
	"unsafe"
)

// A Domain counts the readers of one store.
//
// Each stripe has two counters, and readers increment the one of the current parity. A
// reader that is delayed between loading the parity and incrementing a counter may
// increment the other one. Therefore nothing is reused before both counters have been
// seen to be zero.
type Domain struct {
	_       [64]byte      // keeps other objects off the cache line that writers write
	parity  atomic.Uint32 // 0 or 1; written by writers
	mix     atomic.Uint64 // odd; spreads readers over the stripes, and changes when they collide
	stripes []stripe
	_       [64]byte
}

type stripe struct {
	readers [2]atomic.Int32
	_       [56]byte // one cache line per stripe
}

// Stripes is the number of stripes of a Domain. A caller that counts per stripe
// needs as many counters.
const Stripes = 1 << stripeBits

const (
	stripeBits = 4

	remix = 256 // one in so many collisions in a stripe spreads the readers again
)

// NewDomain returns a domain without readers.
func NewDomain() *Domain {
	d := &Domain{stripes: make([]stripe, Stripes)}
	d.spread()
	return d
}

// spread assigns goroutines to stripes at random.
func (d *Domain) spread() { d.mix.Store(rand.Uint64() | 1) }

// A Reader is a reader that has entered a domain.
type Reader struct{ counter *atomic.Int32 }

// Enter begins a read: items that are reachable after Enter are not reused before Leave.
// The caller must not block in between.
func (d *Domain) Enter() Reader {
	s := &d.stripes[d.Stripe()%Stripes]
	counter := &s.readers[d.parity.Load()&1]
	if counter.Add(1) != 1 && rand.Uint32()%remix == 0 {
		d.spread() // otherwise two goroutines that collide once would collide forever
	}
	return Reader{counter}
}

// Leave ends the read.
func (r Reader) Leave() { r.counter.Add(-1) }

// Stripe returns the calling goroutine's stripe: probably the same as last time, and
// different from that of a goroutine on another core. It is derived from the address
// of the goroutine's stack, whose minimum size is 2 KB.
func (d *Domain) Stripe() uint32 {
	var local byte
	page := uint64(uintptr(unsafe.Pointer(&local))) >> 11
	return uint32(page * d.mix.Load() >> (64 - stripeBits)) // multiplicative hashing (Knuth 6.4)
}
