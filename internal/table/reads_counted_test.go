package table

import (
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/epoch"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Each read is counted once, in whichever stripe, even if others use the same stripe.
func TestEachReadIsCounted(t *testing.T) {
	for name, readers := range map[string]*epoch.Domain{"one stripe": nil, "stripes": epoch.NewDomain()} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			tab := new(Table[int, int])
			tab.Init(timeline.Start(), config.Config{CountReads: true}, readers)
			const callers, reads = 40, 20_000
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for i := range reads {
						tab.CountRead(i%4 > 0)
					}
				})
			}
			wg.Wait()
			stats := tab.Stats()
			g.Expect(stats.Hits).To(BeEquivalentTo(callers * reads / 4 * 3))
			g.Expect(stats.Misses).To(BeEquivalentTo(callers * reads / 4))
		})
	}
}
