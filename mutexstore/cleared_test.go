package mutexstore

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// 15: a read returns only what was stored under its key, also if it is interrupted
// and the store is cleared, grows and shrinks meanwhile.
func TestReadsDuringClearReturnOnlyWhatWasStored(t *testing.T) {
	const keys = 2000
	for _, opts := range [][]lastmodstore.Option{nil, {lastmodstore.MaxEntries(keys)}} {
		s := New[int, int](0, opts...)
		s.table.Poison(7, -1)
		get := func(r *rand.Rand) {
			k := r.IntN(keys)
			if value, ok := s.Get(k); ok && value != k {
				t.Errorf("Get of %d: %d", k, value)
			}
			k = r.IntN(keys)
			if e, ok := s.GetEntry(k); ok && e.Value != k {
				t.Errorf("GetEntry of %d: %d", k, e.Value)
			}
		}
		hammer(func() {
			for round := range 20 {
				for k := range keys {
					s.Set(k, k, time.Hour)
				}
				if round%2 == 0 {
					s.Clear()
				}
				for k := range keys {
					s.Delete(k)
				}
				s.Cleanup()
			}
		}, get, get)
		s.Close()
	}
}
