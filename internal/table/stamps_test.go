package table

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// shardTables returns n tables that share a timeline.
func shardTables(g Gomega, n int) (*timeline.Timeline, []*Table[int, int]) {
	line := timeline.Start()
	line.Share()
	tables := make([]*Table[int, int], n)
	for i := range tables {
		tables[i] = open[int, int](timeline.Start(), config.Config{})
		g.Expect(tables[i].Join(line, epoch.NewDomain(), i, n)).To(BeTrue())
	}
	return line, tables
}

// 6, 7, 29: if one of many shards gets all writes, its times stay within maxAhead of
// the clock, or of what was merged ahead of the clock, and still strictly increase.
func TestStampsOfManyShardsStayNearTheClock(t *testing.T) {
	g := NewWithT(t)
	_, tables := shardTables(g, 1024)
	tab, now := tables[700], int64(1_000_000)
	write := func() { g.Expect(tab.Set(hashOf(1), 1, 1, 0, now)).To(Succeed()) }
	for range 20_000 {
		before := tab.Last()
		now += 10 // a write takes less than 1024 ns
		write()
		if at := tab.Last(); at <= before || at >= now+maxAhead+1024 {
			t.Fatalf("stamp %d after %d, %d ahead of the clock", at, before, at-now)
		}
	}
	now = tab.Last() + 1
	write()
	g.Expect(tab.Last()%1024).To(BeEquivalentTo(700), "its own times again, once the clock has caught up")
}

func TestStampsOfManyShardsStayNearWhatWasMerged(t *testing.T) {
	g := NewWithT(t)
	line, tables := shardTables(g, 1024)
	const now, ahead, writes = 1_000_000, 50_000_000, 1000
	line.Raise(ahead)
	for i := range writes {
		if i == 10 {
			g.Expect(tables[3].Last()%1024).To(BeEquivalentTo(3), "they differ from those of the other shards")
		}
		g.Expect(tables[3].Set(hashOf(1), 1, 1, 0, now)).To(Succeed())
	}
	g.Expect(tables[3].Last()).To(And(BeNumerically(">", ahead), BeNumerically("<", ahead+maxAhead+1024+writes)))
}

// 29: as long as no shard runs more than maxAhead ahead of the clock, no two of their
// times are equal, even if the clock stands still.
func TestStampsOfShardsAreUnique(t *testing.T) {
	g := NewWithT(t)
	for _, n := range []int{2, 3, 64, 1024} {
		_, tables := shardTables(g, n)
		seen := map[int64]bool{}
		for now := range int64(40) {
			for i, tab := range tables {
				for range 1 + i%2 {
					g.Expect(tab.Set(hashOf(1), 1, 1, 0, now)).To(Succeed())
					must(t, "time was used before", seen[tab.Last()], false)
					seen[tab.Last()] = true
				}
			}
		}
	}
}
