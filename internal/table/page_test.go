package table

import (
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// expectOnce fails unless keys contains each of want exactly once and no key twice.
func (f *fixture) expectOnce(keys, want []int) {
	f.TB.Helper()
	seen := make(map[int]bool, len(keys))
	for _, key := range keys {
		must(f.TB, "key was seen before", seen[key], false)
		seen[key] = true
	}
	for _, key := range want {
		if !seen[key] {
			f.TB.Fatalf("key %d did not appear", key)
		}
	}
}

func TestScanYieldsEachStableKeyOnceAcrossSplitsAndJoins(t *testing.T) {
	const stable, others = 1500, 20_000
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 3))
		for _, growing := range []bool{true, false} {
			f := newFixture(t, config.Config{})
			for key := range stable {
				f.set(key, 0, 1)
			}
			rest := rng.Perm(others)
			if !growing {
				for _, key := range rest {
					f.set(stable+key, 0, 1)
				}
			}
			least, most := int(f.t.index.size), int(f.t.index.size)
			keys := f.scan(1, func(int) {
				n := min(len(rest), 1+rng.IntN(2000))
				for _, key := range rest[:n] {
					if growing {
						f.set(stable+key, 0, 1)
					} else {
						f.del(stable+key, 1)
					}
				}
				rest = rest[n:]
				least = min(least, int(f.t.index.size))
				most = max(most, int(f.t.index.size))
			})
			f.Expect(most).To(BeNumerically(">", 2*least), "the index changes during the scan")
			f.expectOnce(keys, span(0, stable-1))
			f.t.check(t)
		}
	}
}

func TestScanWhileTheIndexGrowsAndShrinks(t *testing.T) {
	f := newFixture(t, config.Config{})
	rng := rand.New(rand.NewPCG(1, 4))
	const stable, others = 1000, 3000
	for key := range stable {
		f.set(key, 0, 1)
	}
	for range 30 {
		present := false
		keys := f.scan(1, func(int) {
			if rng.IntN(3) > 0 {
				return
			}
			for key := stable; key < stable+others; key++ {
				if present {
					f.del(key, 1)
				} else {
					f.set(key, 0, 1)
				}
			}
			present = !present
		})
		f.expectOnce(keys, span(0, stable-1))
		for key := stable; present && key < stable+others; key++ {
			f.del(key, 1)
		}
	}
}

func TestChangesAreInOrderOverManyPages(t *testing.T) {
	f := newFixture(t, config.Config{})
	const n = 3*walkLen + 3*pageLen + 7
	for key := range n {
		f.set(key, 0, int64(key))
	}
	f.Expect(f.changesSince(-1, n, nil)).To(Equal(span(0, n-1)))
	f.Expect(f.changesSince(99, n, nil)).To(Equal(span(100, n-1)))
	f.Expect(f.changesSince(n-2, n, nil)).To(Equal([]int{n - 1}))
	f.Expect(f.changesSince(n-1, n, nil)).To(BeEmpty())
}

func TestChangesOfAnEmptyTable(t *testing.T) {
	f := newFixture(t, config.Config{})
	f.Expect(f.changesSince(-1, 1, nil)).To(BeEmpty())
	f.Expect(f.scan(1, nil)).To(BeEmpty())
}

func TestChangesOmitEntriesModifiedMeanwhile(t *testing.T) {
	const n = 3 * walkLen
	for seed := range uint64(4) {
		f := newFixture(t, config.Config{})
		rng := rand.New(rand.NewPCG(seed, 5))
		for key := range n {
			f.set(key, 0, int64(key))
		}
		stable := map[int]bool{}
		for key := 1000; key < n; key++ {
			stable[key] = true
		}
		keys := f.changesSince(999, n, func(int) {
			for range rng.IntN(200) {
				switch key := rng.IntN(n); {
				case !f.has(key, n):
				case rng.IntN(2) == 0:
					f.set(key, 0, n)
					delete(stable, key)
				default:
					f.del(key, n)
					delete(stable, key)
				}
			}
		})
		want := []int{}
		for key := range stable {
			want = append(want, key)
		}
		f.expectOnce(keys, want)
		f.Expect(slices.IsSorted(keys)).To(BeTrue())
		f.Expect(keys[0]).To(BeNumerically(">=", 1000))
	}
}

// Entries modified after the first step lie past until. However many there are, they
// must neither appear nor keep the read from ending.
func TestChangesEndDespiteManyLaterModifications(t *testing.T) {
	f := newFixture(t, config.Config{})
	const n, hot = 4 * pageLen, 2 * walkLen
	for key := range n {
		f.set(key, 0, int64(key))
	}
	keys := f.changesSince(-1, n, func(page int) {
		for key := n; page <= 20 && key < n+hot; key++ {
			f.set(key, 0, n)
		}
	})
	f.Expect(keys).To(Equal(span(0, n-1)))
	f.Expect(f.t.Len()).To(Equal(n + hot))
}

func TestChangesWithEqualTimesAreNotSeparated(t *testing.T) {
	f := newFixture(t, config.Config{})
	const group, groups = pageLen + 50, 10
	for key := range group * groups {
		f.merge(key, int64(key/group), groups)
	}
	f.t.check(t)
	keys := f.changesSince(-1, groups, nil)
	f.expectOnce(keys, span(0, group*groups-1))
	f.Expect(keys).To(HaveLen(group * groups))
	f.Expect(slices.IsSortedFunc(keys, func(a, b int) int { return a/group - b/group })).To(BeTrue())
	f.Expect(f.changesSince(3, groups, nil)).To(HaveLen(group * (groups - 4)))

	// In the middle of a group, remove one entry and add another.
	keys = f.changesSince(-1, groups, func(page int) {
		if page < groups {
			f.del(page*group+10, groups)
			f.merge(100_000+page, int64(page/2), groups)
		}
	})
	want := slices.DeleteFunc(span(0, group*groups-1), func(k int) bool { return k%group == 10 })
	f.expectOnce(keys, want)
}

func TestChangesOmitExpiredEntries(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 2 * walkLen {
		if key%walkLen == 0 {
			f.set(key, 0, int64(key))
		} else {
			f.set(key, 10, int64(key))
		}
	}
	f.Expect(f.changesSince(-1, 3*walkLen, nil)).To(Equal([]int{0, walkLen}))
}

func TestPagesContinueAcrossClear(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 2 * walkLen {
		f.set(key, 0, int64(key))
	}
	clear := func(int) { f.t.Clear(1 << 40); f.set(-1, 0, 1<<40) }
	f.Expect(f.changesSince(-1, 1<<40, clear)).To(Equal(span(0, pageLen-1)), "the page read before")
	for key := range 2 * walkLen {
		f.set(key, 0, 1<<40)
	}
	f.scan(1<<40, clear)
	f.t.check(t)
}
