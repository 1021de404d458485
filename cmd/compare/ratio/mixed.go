package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
)

const few, many = 1000, 100_000 // keys

// shards are the numbers of shards: a few, and so many that callers seldom meet.
var shards = []int{16, 64}

// apart is the third-party cache that is not compared, since it guarantees less than
// the others: it stores hashes instead of keys and may drop writes.
const apart = "ristretto"

func thirdParty() (names []string) {
	for _, c := range implementation.All() {
		if c.Kind == implementation.ThirdParty {
			names = append(names, c.Name)
		}
	}
	return names
}

// floor is the lowest time to expect of a lock around each of many maps.
func floor() implementation.Implementation { return implementation.ShardedMap(slices.Max(shards)) }

// implementations returns what is measured in every cell.
func implementations() ([]implementation.Implementation, error) {
	all, err := implementation.Choose(append(thirdParty(), "mutexstore"))
	for _, n := range shards {
		all = append(all, implementation.ShardedMutex(n))
	}
	return append(all, floor()), err
}

// A comparison is a figure of a cell: the fastest of some implementations over the
// fastest of others.
type comparison struct {
	name         string
	ours, theirs []string
	goal         float64
}

// A group is a cell and the figures read from it.
type group struct {
	cell        workload.Cell
	comparisons []comparison
}

func over(name, ours, theirs string, goal float64) comparison {
	return comparison{name: name, ours: []string{ours}, theirs: []string{theirs}, goal: goal}
}

// shardedOverBest compares mutexstore in shards with the fastest third-party cache.
func shardedOverBest(call string, goal float64) (all []comparison) {
	best := slices.DeleteFunc(thirdParty(), func(name string) bool { return name == apart })
	for _, n := range shards {
		name := implementation.ShardedMutex(n).Name
		all = append(all, comparison{name + " " + call + " / fastest third-party cache", []string{name}, best, goal})
	}
	return all
}

func reads(rounds int) ([]figure.Figure, error) { return run(readGroups(), rounds) }

func readGroups() (all []group) {
	for _, x := range []struct {
		call    string
		percent int
		goal    float64
	}{{"Get", 100, 1}, {"90% reads", 90, 1.05}} {
		for _, callers := range []int{1, 2, 16} {
			comparisons := []comparison{over("mutexstore "+x.call+" / otter", "mutexstore", "otter", x.goal)}
			if callers > 1 {
				comparisons = append(comparisons, shardedOverBest(x.call, 1)...)
			}
			all = append(all, group{workload.Mixed(plan, x.percent, callers, few, "uniform"), comparisons})
		}
		for _, callers := range []int{2, 16} {
			comparisons := shardedOverBest(x.call, 1)
			if x.percent == 90 {
				comparisons = append(comparisons, betterOfBoth)
				all = append(all, group{workload.Mixed(plan, x.percent, callers, many, "zipf"), []comparison{betterOfBoth}})
			}
			all = append(all, group{workload.Mixed(plan, x.percent, callers, many, "uniform"), comparisons})
		}
	}
	return all
}

var plan = workload.Plan{Seed: 1}

var betterOfBoth = comparison{
	name: "mutexstore or mutexstore x16 90% reads / otter",
	ours: []string{"mutexstore", "mutexstore x16"}, theirs: []string{"otter"}, goal: 1.2,
}

func writes(rounds int) ([]figure.Figure, error) { return run(writeGroups(), rounds) }

func writeGroups() []group {
	all := []group{{workload.Mixed(plan, 0, 1, few, "uniform"), []comparison{
		over("mutexstore Set / otter", "mutexstore", "otter", 0.55),
		over("mutexstore Set / go-cache", "mutexstore", "go-cache", 1),
	}}}
	for _, callers := range []int{2, 16} {
		all = append(all,
			group{workload.Mixed(plan, 0, callers, few, "uniform"), shardedOverBest("Set", 0.8)},
			group{workload.Mixed(plan, 0, callers, many, "uniform"), shardedOverBest("Set", 1)})
	}
	return all
}

func run(groups []group, rounds int) ([]figure.Figure, error) {
	all, err := implementations()
	if err != nil {
		return nil, err
	}
	var cells []workload.Cell
	for _, c := range groups {
		cells = append(cells, c.cell)
	}
	results, err := measure(cells, all, rounds)
	if err != nil {
		return nil, err
	}
	var figures []figure.Figure
	for i, c := range groups {
		for _, x := range c.comparisons {
			figures = append(figures, x.figure(results[i]))
		}
	}
	return figures, nil
}

func (x comparison) title(c result.Cell) string {
	return fmt.Sprintf("%s, callers=%s keys=%s %s", x.name, c.Param("callers"), c.Param("keys"), c.Param("dist"))
}

// figure notes which implementations were the fastest, and for orientation the
// times of two that are not compared.
func (x comparison) figure(c result.Cell) figure.Figure {
	ours, theirs := fastest(c, x.ours), fastest(c, x.theirs)
	f := ratio(c, x.title(c), ours, theirs, "time", "ns", x.goal)
	f.Note = fmt.Sprintf("%s / %s %s, %s %.1f ns, %s %.1f ns", ours, theirs, f.Note,
		floor().Name, median(c, floor().Name, "time"), apart, median(c, apart, "time"))
	return f
}

func fastest(c result.Cell, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return cmp.Compare(median(c, a, "time"), median(c, b, "time")) })
}
