package compare

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// A feedWriter writes at random and counts what a removal log has to remember.
type feedWriter struct {
	s       stringStore
	random  *rand.Rand
	limit   int
	late    uint64
	removed uint64 // when forget was called
	cleared bool
	unsure  bool // whether late is right
	noClear bool
}

func (w *feedWriter) removals() uint64 {
	stats := w.s.Stats()
	return stats.Deletes + stats.Expirations + stats.Evictions
}

func (w *feedWriter) records() uint64 { return w.removals() - w.removed + w.late }

func (w *feedWriter) forget() { w.removed, w.late, w.cleared, w.unsure = w.removals(), 0, false, false }

func (w *feedWriter) mustResync() int {
	if w.cleared || w.records() > uint64(w.limit) {
		return 1
	}
	return 0
}

func (w *feedWriter) write() {
	key, value := "k"+strconv.Itoa(w.random.IntN(20)), w.random.Int()
	ttl := time.Duration(w.random.IntN(3)) * time.Duration(1+w.random.IntN(100))
	switch n := w.random.IntN(40); {
	case n < 20:
		w.s.Set(key, value, ttl)
	case n < 25:
		w.s.Delete(key)
	case n < 28:
		w.s.Touch(key, ttl)
	case n < 30:
		w.s.Cleanup()
	case n < 35:
		past := time.Now().Add(-time.Hour)
		if w.random.IntN(10) == 0 {
			past = time.Now().Add(-time.Duration(w.random.IntN(3)))
			w.unsure = true // whether something happened since
		}
		if ok, _ := w.s.Merge(key, entry{Value: value, LastModified: past}); ok {
			w.late++
		}
	case n < 36:
		w.s.SetMany(map[string]int{key: value, "k1": 1, "k2": 2}, ttl)
	case n == 36 && w.random.IntN(10) == 0 && !w.noClear:
		w.s.Clear()
		w.cleared = true
	default:
		time.Sleep(time.Duration(w.random.IntN(30)))
	}
}
