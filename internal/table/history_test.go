package table

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// A history is a random list of commands. It is applied to three deterministic tables:
//
//   - a, which nobody reads,
//   - b, which is read and watched between the commands, and
//   - c, which lags behind and is then restored from an image of a, and has other hashes.
//
// Each command must have the same result in all of them, and they must remain equal.

const (
	histories     = 480
	historyLen    = 240
	historyOpened = 1_000_000
)

func TestReplicasStayEqual(t *testing.T) {
	capacities := []config.Config{{}, {MaxEntries: 1}, {MaxEntries: 1, RejectWhenFull: true}, {MaxEntries: 3}, {MaxEntries: 6}, {MaxEntries: 6, RejectWhenFull: true}}
	logs := []int{0, 1, 5, 1024}
	for _, c := range capacities {
		for _, log := range logs {
			c.Deterministic, c.RemovalLog = true, log
			t.Run(fmt.Sprintf("capacity=%d/reject=%t/log=%d", c.MaxEntries, c.RejectWhenFull, log), func(t *testing.T) {
				for seed := range uint64(histories / len(capacities) / len(logs)) {
					newHistory(t, c, seed).run()
				}
			})
		}
	}
}

type history struct {
	testing.TB
	rng     *rand.Rand
	keys    int
	now     int64
	times   []int64 // of modifications, to which later commands refer
	a, b, c *replica
	seed    uint64
}

func newHistory(tb testing.TB, c config.Config, seed uint64) *history {
	rng := rand.New(rand.NewPCG(seed, uint64(c.RemovalLog)<<32|uint64(c.MaxEntries)))
	h := &history{TB: tb, rng: rng, now: historyOpened, seed: seed, keys: 4 + rng.IntN(20), times: []int64{historyOpened}}
	h.a, h.b, h.c = newReplica(c, 0), newReplica(c, 1), newReplica(c, 2)
	return h
}

// run applies a history and restores c on the way, perhaps twice.
func (h *history) run() {
	lagsAt, restoredAt := h.rng.IntN(historyLen), h.rng.IntN(historyLen)
	lagsAt = min(lagsAt, restoredAt)
	for n := range historyLen {
		if n == restoredAt {
			h.c.t.Restore(imageOf(captured(h.a.t)), h.c.hash)
			h.c.t.check(h)
			h.compareAll(n)
			if h.rng.IntN(3) == 0 { // once more, into a table that was restored
				lagsAt, restoredAt = n+h.rng.IntN(historyLen/3), n+historyLen/3
			} else {
				lagsAt = historyLen
			}
		}
		h.step(n, n < lagsAt)
		if n%16 == 0 || n == historyLen-1 {
			h.checkAll()
			h.compare(n, h.b)
			if n < lagsAt {
				h.compare(n, h.c)
			}
		}
	}
}

// step applies the next command to all tables, except to c while that lags behind.
func (h *history) step(n int, withC bool) {
	h.Helper()
	c := h.command()
	h.b.interfere(h.rng, h.keys, h.now)
	want := h.a.apply(&c)
	h.times = append(h.times, h.a.t.Last())
	h.expectResult(n, "read meanwhile", &c, h.b.apply(&c), want)
	if withC {
		h.expectResult(n, "restored", &c, h.c.apply(&c), want)
	}
}

func (h *history) expectResult(n int, name string, c *command, got, want result) {
	h.Helper()
	if !reflect.DeepEqual(got, want) {
		h.Fatalf("seed %d: step %d: the table that was %s has another result for %+v:\n%+v, want\n%+v", h.seed, n, name, *c, got, want)
	}
}

func (h *history) checkAll() {
	h.Helper()
	for _, r := range []*replica{h.a, h.b, h.c} {
		r.t.check(h)
	}
}

func (h *history) compareAll(n int) {
	h.Helper()
	h.compare(n, h.b)
	h.compare(n, h.c)
}

// compare expects that r equals a in everything that can be observed, and in its image.
func (h *history) compare(n int, r *replica) {
	h.Helper()
	if got, want := imageOf(captured(r.t)), imageOf(captured(h.a.t)); !reflect.DeepEqual(got, want) {
		h.Fatalf("seed %d: after step %d, table %d has the image\n%+v, want\n%+v", h.seed, n, r.number, got, want)
	}
	for _, since := range []int64{0, historyOpened, h.now, h.times[h.rng.IntN(len(h.times))], h.times[h.rng.IntN(len(h.times))]} {
		if got, want := r.observe(h.keys, since, h.now), h.a.observe(h.keys, since, h.now); !reflect.DeepEqual(got, want) {
			h.Fatalf("seed %d: after step %d, table %d has, since %d,\n%+v, want\n%+v", h.seed, n, r.number, since, got, want)
		}
	}
}
