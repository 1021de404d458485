package tiny

import (
	"testing"

	"github.com/lastmodstore/lastmodstore/compare"
)

func TestSuite(t *testing.T) {
	compare.Run(t, compare.Engine{Name: "tiny", Strings: New},
		compare.Without(compare.Capacity, compare.Feed, compare.Listeners, compare.Merging, compare.Sweeping,
			compare.Batches, compare.Counters, compare.Adding, compare.Conditions, compare.Changes, compare.Turns,
			compare.Weights),
		compare.Skip(3, 4), // a TTL may overflow, and a sweep is one long step
		compare.Isolated())
}
