package table

import (
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/config"
)

// once fails unless keys holds each of want exactly once and no key twice.
func (f *fixture) once(keys, want []int) {
	f.TB.Helper()
	seen := make(map[int]bool, len(keys))
	for _, key := range keys {
		must(f.TB, "a key met before", seen[key], false)
		seen[key] = true
	}
	for _, key := range want {
		if !seen[key] {
			f.TB.Fatalf("key %d did not appear", key)
		}
	}
}

func TestScanMeetsEachStableKeyOnceAcrossSplitsAndJoins(t *testing.T) {
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
			f.Expect(most).To(BeNumerically(">", 2*least), "the index changed under the scan")
			f.once(keys, span(0, stable-1))
			f.t.check(t)
		}
	}
}

func TestScanWhileTheIndexSwings(t *testing.T) {
	f := newFixture(t, config.Config{})
	rng := rand.New(rand.NewPCG(1, 4))
	const stable, others = 1000, 3000
	for key := range stable {
		f.set(key, 0, 1)
	}
	for range 30 {
		there := false
		keys := f.scan(1, func(int) {
			if rng.IntN(3) > 0 {
				return
			}
			for key := stable; key < stable+others; key++ {
				if there {
					f.del(key, 1)
				} else {
					f.set(key, 0, 1)
				}
			}
			there = !there
		})
		f.once(keys, span(0, stable-1))
		for key := stable; there && key < stable+others; key++ {
			f.del(key, 1)
		}
	}
}

func TestChangesComeInOrderOverManyPages(t *testing.T) {
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

func TestChangesLeaveOutWhatIsModifiedMeanwhile(t *testing.T) {
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
		f.once(keys, want)
		f.Expect(slices.IsSorted(keys)).To(BeTrue())
		f.Expect(keys[0]).To(BeNumerically(">=", 1000))
	}
}

// What is modified after the first step lies past until: much of it must
// neither appear nor keep the read from its end.
func TestChangesPassManyModificationsPastTheirEnd(t *testing.T) {
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

func TestChangesOfOneTimeGoTogether(t *testing.T) {
	f := newFixture(t, config.Config{})
	const group, groups = pageLen + 50, 10
	for key := range group * groups {
		f.merge(key, int64(key/group), groups)
	}
	f.t.check(t)
	keys := f.changesSince(-1, groups, nil)
	f.once(keys, span(0, group*groups-1))
	f.Expect(keys).To(HaveLen(group * groups))
	f.Expect(slices.IsSortedFunc(keys, func(a, b int) int { return a/group - b/group })).To(BeTrue())
	f.Expect(f.changesSince(3, groups, nil)).To(HaveLen(group * (groups - 4)))

	// one in the middle of a group leaves, another joins it
	keys = f.changesSince(-1, groups, func(page int) {
		if page < groups {
			f.del(page*group+10, groups)
			f.merge(100_000+page, int64(page/2), groups)
		}
	})
	want := slices.DeleteFunc(span(0, group*groups-1), func(k int) bool { return k%group == 10 })
	f.once(keys, want)
}

func TestChangesLeaveOutTheExpired(t *testing.T) {
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

func TestPagesOutliveClear(t *testing.T) {
	f := newFixture(t, config.Config{})
	for key := range 2 * walkLen {
		f.set(key, 0, int64(key))
	}
	clear := func(int) { f.t.Clear(1 << 40); f.set(-1, 0, 1<<40) }
	f.Expect(f.changesSince(-1, 1<<40, clear)).To(Equal(span(0, pageLen-1)), "what was read before")
	for key := range 2 * walkLen {
		f.set(key, 0, 1<<40)
	}
	f.scan(1<<40, clear)
	f.t.check(t)
}
