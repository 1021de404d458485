package workload_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// Each implementation measures something in each workload, or gives the reason
// why not. Where a trial takes long, only some do.
func TestEveryTrialMeasuresSomething(t *testing.T) {
	for _, w := range workload.All() {
		t.Run(w.Name, func(t *testing.T) {
			g := NewWithT(t)
			cell := w.Cells(workload.Plan{Quick: true, Seed: 1})[0]
			takers := cell.Own
			if takers == nil {
				takers = implementation.All()
			}
			for i, c := range takers {
				if cell.Cost > 100*time.Millisecond && i%4 > 0 {
					continue
				}
				trial, err := cell.Open(c)
				var lack implementation.Lack
				if errors.As(err, &lack) {
					g.Expect(c.Kind).NotTo(Equal("engine"), "%s: %s", c.Name, lack)
					continue
				}
				g.Expect(err).NotTo(HaveOccurred())
				samples := trial.Run()
				trial.Close()
				g.Expect(samples).NotTo(BeEmpty())
				g.Expect(samples[0].Value).To(BeNumerically(">", 0), c.Name)
				for _, s := range samples {
					g.Expect(s.Unit).NotTo(BeEmpty())
					g.Expect(s.Value).To(BeNumerically(">=", 0), "%s %s", c.Name, s.Metric)
					g.Expect(math.IsInf(s.Value, 0)).To(BeFalse(), "%s %s", c.Name, s.Metric)
				}
			}
		})
	}
}

// A quick plan has all workloads, and fewer cells, of the same names.
func TestQuickHasLess(t *testing.T) {
	g := NewWithT(t)
	for _, w := range workload.All() {
		quick, all := w.Cells(workload.Plan{Quick: true}), w.Cells(workload.Plan{})
		g.Expect(quick).NotTo(BeEmpty())
		g.Expect(len(quick)).To(BeNumerically("<=", len(all)))
		var names []string
		for _, c := range all {
			g.Expect(c.Workload).To(Equal(w.Name))
			g.Expect(names).NotTo(ContainElement(c.Name()))
			names = append(names, c.Name())
		}
	}
}

func TestChoose(t *testing.T) {
	g := NewWithT(t)
	chosen, err := workload.Choose([]string{"storm", "mixed"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(slices.Collect(func(yield func(string) bool) {
		for _, w := range chosen {
			yield(w.Name)
		}
	})).To(Equal([]string{"storm", "mixed"}))
	_, err = workload.Choose([]string{""})
	g.Expect(err).To(MatchError(ContainSubstring(`no workload is called ""`)))
}
