package table

import (
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// 13: a checkpoint is no longer valid when its slot has been retired, even if the slot
// still holds the same entry, or has been reused.
func TestCheckpointsInRetiredSlotsAreIgnored(t *testing.T) {
	const n = 3 * walkLen
	for name, change := range map[string]func(f *fixture, key int) (isStable bool){
		"touched": func(f *fixture, key int) bool {
			ok, err := f.t.Touch(hashOf(key), key, time.Hour, n)
			must(f.TB, "Touch", err, nil)
			must(f.TB, "Touch", ok, true)
			return true
		},
		"updated": func(f *fixture, key int) bool {
			f.set(key, 0, n)
			return false
		},
		"removed": func(f *fixture, key int) bool {
			f.del(key, n)
			return false
		},
		"removed, and the slot reused": func(f *fixture, key int) bool {
			f.del(key, n)
			for f.t.Reclaim() {
			}
			for other := range 300 {
				f.set(n+1000*key+other, 0, n)
			}
			return false
		},
	} {
		for _, isParked := range []bool{false, true} {
			if isParked && !isShared {
				continue
			}
			t.Run(name, func(t *testing.T) {
				f := newFixture(t, config.Config{})
				for key := range n {
					f.set(key, 0, int64(key))
				}
				if isParked { // a parked reader, so that nothing is freed
					defer f.t.readers.Enter().Leave()
				}
				changed := map[int]bool{}
				p := Since[int, int](f.t.line, f.t.line.Time(-1))
				var keys []int
				for steps := 0; !p.Done; steps++ {
					f.t.Changes(&p, n)
					for _, pair := range p.Pairs {
						keys = append(keys, pair.Key)
					}
					// Change the entry at the last checkpoint, from which the walk would continue.
					if last := len(p.checkpoints) - 1; last >= 0 && steps%2 == 0 {
						key := f.t.slots.at(p.checkpoints[last].slot).key
						if at := p.checkpoints[last].at; at > p.from && at < n && !changed[key] && f.has(key, n) {
							changed[key] = !change(f, key)
						}
					}
					if steps > n {
						t.Fatal("the walk does not end")
					}
				}
				var want []int
				for key := range n {
					if !changed[key] {
						want = append(want, key)
					}
				}
				f.expectOnce(keys, want)
				must(t, "an entry at a checkpoint has changed", len(changed) > 0, true)
				f.t.check(t)
			})
		}
	}
}
