package workload_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/workload"
)

// Each implementation measures something in each workload, or returns the reason
// why it cannot. Where a trial takes long, only some are tried.
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
				if trial.Check != nil {
					g.Expect(trial.Check()).To(Succeed(), c.Name)
				}
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

// Each implementation that can update or add does so without losing anything.
func TestNoUpdateIsLost(t *testing.T) {
	g := NewWithT(t)
	able := map[string][]string{}
	for _, cell := range cellsOf(t, "update") {
		for _, c := range implementation.All() {
			if !strings.HasSuffix(cell.Name(), "callers=8") {
				continue
			}
			trial, err := cell.Open(c)
			if err != nil {
				continue
			}
			for range 2 {
				trial.Run()
				g.Expect(trial.Check()).To(Succeed(), "%s in %s", c.Name, cell.Name())
			}
			trial.Close()
			able[cell.Params[0].Value+" "+cell.Params[1].Value] = append(able[cell.Params[0].Value+" "+cell.Params[1].Value], c.Name)
		}
	}
	updaters := []string{"actor", "mutexstore", "actor x16", "mutexstore x16", "rwmap", "syncmap", "otter"}
	adders := append(slices.Clone(updaters), "go-cache")
	g.Expect(able).To(Equal(map[string][]string{"Add 1": adders, "Add 1000": adders, "Update 1": updaters, "Update 1000": updaters}))
}

func cellsOf(t *testing.T, name string) []workload.Cell {
	t.Helper()
	chosen, err := workload.Choose([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	return chosen[0].Cells(workload.Plan{Seed: 1})
}

// A quick plan has all workloads, and no more cells than the default.
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
	_, err = workload.Choose([]string{"storm", "storm"})
	g.Expect(err).To(MatchError(`workload "storm" is named twice`))
}
