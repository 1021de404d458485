package main

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

// Two builds are compared by the names of their figures.
func TestNamesAreUnique(t *testing.T) {
	g := NewWithT(t)
	var titles []string
	for _, x := range append(readGroups(), writeGroups()...) {
		for _, c := range x.comparisons {
			title := c.title(result.Cell{Params: x.cell.Params})
			g.Expect(titles).NotTo(ContainElement(title))
			titles = append(titles, title)
		}
	}
	g.Expect(titles).NotTo(BeEmpty())
}

// Every comparison is of implementations that are measured.
func TestAllThatIsComparedIsMeasured(t *testing.T) {
	g := NewWithT(t)
	all, err := implementations()
	g.Expect(err).NotTo(HaveOccurred())
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	g.Expect(names).To(ContainElement(apart))
	for _, x := range append(readGroups(), writeGroups()...) {
		for _, c := range x.comparisons {
			g.Expect(names).To(ContainElements(c.ours))
			g.Expect(names).To(ContainElements(c.theirs))
			g.Expect(c.theirs).NotTo(ContainElement(apart))
		}
	}
}

func TestTheFastestCounts(t *testing.T) {
	g := NewWithT(t)
	var c result.Cell
	for name, time := range map[string]float64{"mutexstore": 30, "mutexstore x16": 20, "otter": 10, floor().Name: 5, apart: 50} {
		c.Rows = append(c.Rows, result.Row{Implementation: name, Metrics: []result.Metric{{Name: "time", Samples: []float64{time, time, time}}}})
	}
	f := betterOfBoth.figure(c)
	g.Expect([]float64{f.Measured, f.Baseline}).To(Equal([]float64{20, 10}))
	g.Expect(f.Note).To(HavePrefix("mutexstore x16 / otter (2.00 to 2.00)"))
	g.Expect(f.String()).To(ContainSubstring("<= 1.2 MISSED"))
}

// What expires soon is in the same store, in none or in another.
func TestDiverted(t *testing.T) {
	for variant, want := range map[string]struct{ own, other int }{here: {2, 2}, nowhere: {1, 0}, elsewhere: {1, 1}} {
		g := NewWithT(t)
		s, err := diverted("mutexstore", variant).Small(implementation.Options{})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.Set("long", 1, time.Hour)).To(Succeed())
		g.Expect(s.Set("short", 2, 10*time.Second)).To(Succeed())
		d := s.(divert)
		g.Expect(d.Store.(implementation.Counter).Len()).To(Equal(want.own), variant)
		if d.expiring != nil {
			g.Expect(d.expiring.(implementation.Counter).Len()).To(Equal(want.other), variant)
		}
		g.Expect(d.Close()).To(Succeed())
		g.Expect(d.Store.Set("long", 1, time.Hour)).NotTo(Succeed(), "it is closed")
	}
}

func TestAlternateReturnsMediansInOrder(t *testing.T) {
	g := NewWithT(t)
	var order []string
	pause := func(name string, d time.Duration) job {
		return single(name, func(int) error {
			if len(order) == 0 || order[len(order)-1] != name {
				order = append(order, name)
			}
			time.Sleep(d)
			return nil
		})
	}
	synctest.Test(t, func(*testing.T) {
		times, err := alternate("pauses", 3, pause("a", time.Millisecond), pause("b", 2*time.Millisecond))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(times).To(Equal([]float64{1e6, 2e6}))
	})
	g.Expect(order).To(Equal([]string{"a", "b", "a", "b", "a", "b", "a", "b"}), "calibration, then three rounds")
	broken := errors.New("it broke")
	_, err := alternate("broken", 1, single("a", func(int) error { return broken }))
	g.Expect(err).To(MatchError(broken))
	_, err = alternate("broken", 1, concurrent("a", 4, func(int) error { return broken }))
	g.Expect(err).To(MatchError(broken))
}

// What is not installed is left out with the reason; anything else is an error.
func TestMissingProgramsAreLeftOut(t *testing.T) {
	g := NewWithT(t)
	figures, err := leftOutIfMissing("a / b", fmt.Errorf("etcd %w", external.ErrMissing))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(figures[0].String()).To(ContainSubstring("left out: etcd is not installed"))
	_, err = leftOutIfMissing("a / b", errors.New("it broke"))
	g.Expect(err).To(MatchError("it broke"))
}

func TestQuantilesAreInMilliseconds(t *testing.T) {
	g := NewWithT(t)
	var lags []time.Duration
	for i := range 101 {
		lags = append(lags, time.Duration(i)*time.Millisecond)
	}
	g.Expect([]float64{quantile(lags, 0.5), quantile(lags, 0.99)}).To(Equal([]float64{50, 99}))
}

func TestMain(m *testing.M) {
	servertest.Main()
	os.Exit(m.Run())
}
