package table

import (
	"math/rand/v2"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A command is one write of a history.
type command struct {
	name       string
	now        int64
	key, value int
	keys       []int
	ttl        time.Duration
	since      time.Time
	entry      lastmodstore.Entry[int]
	limit      int
}

// weights are those of the commands.
var weights = []struct {
	name   string
	weight int
}{
	{"Set", 30}, {"SetMany", 10}, {"SetIfUnmodifiedSince", 8}, {"Add", 8}, {"Touch", 12}, {"Delete", 5}, {"GetAndDelete", 3},
	{"DeleteIfUnmodifiedSince", 3}, {"Merge", 30}, {"Clear", 1}, {"SweepStep", 10},
}

func pickName(rng *rand.Rand) string {
	sum := 0
	for _, w := range weights {
		sum += w.weight
	}
	n := rng.IntN(sum)
	for _, w := range weights {
		if n -= w.weight; n < 0 {
			return w.name
		}
	}
	panic("unreachable")
}

// command returns the next command. Deadlines fall on few instants, so that many are
// equal, and so do the times of merged entries.
func (h *history) command() command {
	rng := h.rng
	if rng.IntN(3) > 0 {
		h.now += rng.Int64N(12)
	}
	c := command{name: pickName(rng), now: h.now, key: rng.IntN(h.keys), value: rng.IntN(1000), ttl: h.ttl(), limit: 1 + rng.IntN(4)}
	c.keys = rng.Perm(h.keys)[:rng.IntN(min(h.keys, 6))]
	if rng.IntN(4) > 0 {
		c.since = time.Unix(0, h.time())
	}
	c.entry = h.entry(c.value)
	return c
}

func (h *history) ttl() time.Duration {
	switch h.rng.IntN(12) {
	case 0:
		return lastmodstore.NoExpiry
	case 1:
		return -5 // invalid
	case 2:
		return time.Hour
	case 3, 4, 5:
		return lastmodstore.KeepTTL
	default:
		return time.Duration(h.deadline() - h.now)
	}
}

func (h *history) deadline() int64 {
	const gap = 32
	return (h.now+gap)/gap*gap + gap*h.rng.Int64N(3)
}

// time returns a time at or near which something was modified.
func (h *history) time() int64 {
	at := h.times[len(h.times)-1-h.rng.IntN(min(len(h.times), 20))]
	if h.rng.IntN(4) == 0 {
		at = h.times[h.rng.IntN(len(h.times))]
	}
	return at + h.rng.Int64N(3) - 1
}

// entry returns an entry to merge: older than others, as old, newer, ahead of the clock or
// too far ahead, and perhaps expired.
func (h *history) entry(value int) lastmodstore.Entry[int] {
	const step = 8
	at := h.time()
	switch h.rng.IntN(60) {
	case 0:
		at = h.now + maxSkew + h.rng.Int64N(3)
	case 1, 2, 3:
		at = h.now + h.rng.Int64N(30)
	case 4, 5, 6, 7:
		at = h.now - h.rng.Int64N(1000)
	case 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24:
		at = h.now/step*step - step*h.rng.Int64N(4)
	}
	e := lastmodstore.Entry[int]{Value: value, LastModified: time.Unix(0, at)}
	if h.rng.IntN(4) > 0 {
		e.TTL, e.ExpiresAt = 77, time.Unix(0, h.deadline())
	}
	switch h.rng.IntN(20) {
	case 0:
		e.TTL = -1
	case 1:
		e.TTL, e.ExpiresAt = 5, time.Unix(0, h.now-h.rng.Int64N(10))
	}
	return e
}
