package result

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Median returns the median of x, or 0 if x is empty.
func Median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// An Estimate is a value with its 95 % confidence interval.
type Estimate struct{ Value, Low, High float64 }

// ShowsNoDifference reports whether the interval of a ratio contains 1.
func (e Estimate) ShowsNoDifference() bool { return e.Low <= 1 && 1 <= e.High }

const resamples = 2000

// Typical returns the median of m with its interval.
func (m Metric) Typical() Estimate {
	return bootstrap(len(m.Samples), func(pick func(x []float64) []float64) float64 { return Median(pick(m.Samples)) })
}

// RatioTo returns the ratio of the medians of m and base, with its interval.
//
// The samples of one round were taken close together in time and are resampled
// together, so that what disturbed both does not widen the interval. The interval
// is the percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
// chapter 13).
func (m Metric) RatioTo(base Metric) Estimate {
	n := min(len(m.Samples), len(base.Samples))
	return bootstrap(n, func(pick func(x []float64) []float64) float64 {
		return ratio(Median(pick(m.Samples)), Median(pick(base.Samples)))
	})
}

// ratio returns a/b, and 1 for two zeros: neither needs anything.
func ratio(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}

// bootstrap evaluates f on all n rounds, then on resamples drawn with replacement.
func bootstrap(n int, f func(pick func(x []float64) []float64) float64) Estimate {
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = i
	}
	pick := func(x []float64) []float64 {
		y := make([]float64, n)
		for i, c := range chosen {
			y[i] = x[c]
		}
		return y
	}
	e := Estimate{Value: f(pick)}
	r := rand.New(rand.NewPCG(uint64(n), resamples)) // the same samples always have the same interval
	values := make([]float64, resamples)
	for i := range values {
		for j := range chosen {
			chosen[j] = r.IntN(n)
		}
		values[i] = f(pick)
	}
	slices.Sort(values)
	e.Low = stat.Quantile(0.025, stat.Empirical, values, nil)
	e.High = stat.Quantile(0.975, stat.Empirical, values, nil)
	return e
}
