// Package epoch tells when memory that readers may still look at can be used
// again. It is a sleepable RCU (McKenney) of two counters per stripe: readers take
// no lock and wait for nothing, and a writer that has made something unreachable
// reuses it when every reader that could have reached it has left.
//
// The package knows nothing of what is retired: that is a number to it.
package epoch

import (
	"math/rand/v2"
	"sync/atomic"
	"unsafe"
)

// A Domain counts the readers of one store.
//
// Of the two counters of each stripe, readers enter the one of the current
// parity. A reader that is delayed between reading the parity and entering may
// enter the other: that is why nothing is reused before both were seen to be zero.
type Domain struct {
	_       [64]byte      // of other objects, which writers would disturb
	parity  atomic.Uint32 // 0 or 1; written by writers
	mix     atomic.Uint64 // odd; spreads readers over the stripes, and changes when they meet in one
	stripes []stripe
	_       [64]byte
}

type stripe struct {
	readers [2]atomic.Int32
	_       [56]byte // each stripe has a cache line
}

// Stripes is the number of stripes of a Domain. A caller that counts per stripe
// needs as many counters.
const Stripes = 1 << stripeBits

const (
	stripeBits = 4

	remix = 256 // one in so many meetings in a stripe spreads the readers again
)

// NewDomain returns a domain without readers.
func NewDomain() *Domain {
	d := &Domain{stripes: make([]stripe, Stripes)}
	d.spread()
	return d
}

func (d *Domain) spread() { d.mix.Store(rand.Uint64() | 1) }

// A Reader is one that has entered.
type Reader struct{ counter *atomic.Int32 }

// Enter begins a read: what is reachable from now on is not reused before Leave.
// The caller must not block in between.
func (d *Domain) Enter() Reader {
	s := &d.stripes[d.Stripe()%Stripes]
	counter := &s.readers[d.parity.Load()&1]
	if counter.Add(1) != 1 && rand.Uint32()%remix == 0 {
		d.spread() // otherwise two goroutines that meet once would do so forever
	}
	return Reader{counter}
}

// Leave ends the read.
func (r Reader) Leave() { r.counter.Add(-1) }

// Stripe returns the number of the calling goroutine's stripe: likely the same as
// the last time, and different from that of a goroutine on another core. It is
// derived from the address of the goroutine's stack, of which 2 KB is the least.
func (d *Domain) Stripe() uint32 {
	var local byte
	page := uint64(uintptr(unsafe.Pointer(&local))) >> 11
	return uint32(page * d.mix.Load() >> (64 - stripeBits)) // multiplicative hashing (Knuth 6.4)
}
