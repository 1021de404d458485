//go:build !race

package compare_test

import (
	"runtime"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

// The race detector makes sync.Pool drop some values, so this test runs without it.
func TestCallsAboutPresentKeysAllocateNothing(t *testing.T) {
	g := NewWithT(t)
	for _, e := range engines.All() {
		s := e.Strings(time.Minute)
		g.Expect(s.Set("a", 0, time.Hour)).To(Succeed())
		g.Expect(testing.AllocsPerRun(1000, func() { s.Get("a") })).To(BeZero(), e.Name)
		g.Expect(testing.AllocsPerRun(1000, func() { s.Set("a", 1, time.Hour) })).To(BeZero(), e.Name)
		g.Expect(s.Close()).To(Succeed())
	}
}

// A batch over shards is prepared in pooled memory, and no shard makes a map for its
// part.
func TestBatchesAllocateNothingButTheResult(t *testing.T) {
	g := NewWithT(t)
	for _, e := range engines.All() {
		s := compare.Shards(16, e).Ints(time.Minute)
		values, keys := map[int]int{}, []int{}
		for i := range 100 {
			values[i], keys = i, append(keys, i)
		}
		g.Expect(testing.AllocsPerRun(1000, func() { s.Get(1) })).To(BeZero(), e.Name)
		g.Expect(testing.AllocsPerRun(1000, func() { s.Set(1, 1, time.Hour) })).To(BeZero(), e.Name)
		g.Expect(s.SetMany(values, 0)).To(Succeed())
		g.Expect(testing.AllocsPerRun(100, func() { s.SetMany(values, 0) })).To(BeZero(), e.Name)
		result := testing.AllocsPerRun(100, func() {
			found := make(map[int]lastmodstore.Entry[int], len(keys))
			for _, key := range keys {
				found[key] = lastmodstore.Entry[int]{}
			}
			runtime.KeepAlive(found)
		})
		g.Expect(testing.AllocsPerRun(100, func() { s.GetMany(keys) })).To(BeNumerically("<=", result+1), e.Name)
		g.Expect(s.Close()).To(Succeed())
	}
}
