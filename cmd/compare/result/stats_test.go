package result_test

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

func TestMedian(t *testing.T) {
	g := NewWithT(t)
	x := []float64{9, 1, 5}
	g.Expect(result.Median(x)).To(Equal(5.0))
	g.Expect(x).To(Equal([]float64{9, 1, 5}), "it leaves its argument alone")
	g.Expect(result.Median([]float64{4, 1, 3, 2})).To(Equal(2.5))
	g.Expect(result.Median(nil)).To(BeZero())
}

// draw returns n samples of a distribution with the given median that is skewed,
// as times are.
func draw(r *rand.Rand, n int, median, spread float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = median * math.Exp(spread*r.NormFloat64())
	}
	return x
}

// About 95 of 100 intervals contain the true value. With ten rounds the percentile
// bootstrap of a median is known to contain it a little more often.
func TestIntervalsContainTheTrueValue(t *testing.T) {
	g := NewWithT(t)
	r := rand.New(rand.NewPCG(1, 2))
	const times = 400
	inRatio, inMedian := 0, 0
	for range times {
		a := result.Metric{Samples: draw(r, 10, 120, 0.1)}
		b := result.Metric{Samples: draw(r, 10, 100, 0.1)}
		if e := a.RatioTo(b); e.Low <= 1.2 && 1.2 <= e.High {
			inRatio++
		}
		if e := a.Typical(); e.Low <= 120 && 120 <= e.High {
			inMedian++
		}
	}
	g.Expect(float64(inRatio) / times).To(BeNumerically("~", 0.95, 0.045))
	g.Expect(float64(inMedian) / times).To(BeNumerically("~", 0.95, 0.045))
}

// A disturbance of both implementations in a round does not hide a difference.
func TestRoundsArePaired(t *testing.T) {
	g := NewWithT(t)
	r := rand.New(rand.NewPCG(3, 4))
	base := draw(r, 15, 100, 0.5)
	faster := make([]float64, len(base))
	for i, x := range base {
		faster[i] = 0.9 * x
	}
	e := result.Metric{Samples: faster}.RatioTo(result.Metric{Samples: base})
	g.Expect(e.ShowsNoDifference()).To(BeFalse())
	g.Expect(e.High - e.Low).To(BeNumerically("<", 1e-9))
}

func TestNoDifferenceIsReported(t *testing.T) {
	g := NewWithT(t)
	r := rand.New(rand.NewPCG(5, 6))
	wrong := 0
	for range 200 {
		a, b := result.Metric{Samples: draw(r, 10, 100, 0.1)}, result.Metric{Samples: draw(r, 10, 100, 0.1)}
		if !a.RatioTo(b).ShowsNoDifference() {
			wrong++
		}
	}
	g.Expect(wrong).To(BeNumerically("<=", 20), "one in twenty is to be expected")
	nothing := result.Metric{Samples: []float64{0, 0, 0}}
	g.Expect(nothing.RatioTo(nothing)).To(Equal(result.Estimate{Value: 1, Low: 1, High: 1}))
}
