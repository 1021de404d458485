package report

import (
	"fmt"
	"math"
	"strings"
)

// A scale maps values to coordinates in a drawing.
type scale struct {
	log       bool
	low, high float64 // values
	from, to  float64 // coordinates of low and high
}

// newScale returns a scale for values between low and high. It is logarithmic if
// all are above 0 and span more than a factor of ratio; otherwise it begins at 0.
func newScale(low, high, ratio float64) scale {
	if low > 0 && high/low > ratio {
		return scale{log: true, low: low, high: high}
	}
	if high <= 0 {
		high = 1
	}
	return scale{low: min(0, low), high: high}
}

// between returns s with the coordinates of its ends.
func (s scale) between(from, to float64) scale {
	s.from, s.to = from, to
	return s
}

func (s scale) at(x float64) float64 {
	share := (x - s.low) / (s.high - s.low)
	if s.log {
		share = math.Log(max(x, s.low)/s.low) / math.Log(s.high/s.low)
	}
	return s.from + share*(s.to-s.from)
}

// ticks returns the values to write at an axis, so that each label has the room it
// needs.
func (s scale) ticks(room func(label string) float64) []float64 {
	for _, steps := range s.candidates() {
		if s.fit(steps, room) {
			return steps
		}
	}
	return []float64{s.low, s.high}
}

// candidates returns sets of ticks, the densest first.
func (s scale) candidates() (all [][]float64) {
	if s.log {
		for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
			all = append(all, s.decades(steps, 1))
		}
		for skip := 2; skip < 10; skip++ {
			all = append(all, s.decades([]float64{1}, skip))
		}
		return all
	}
	magnitude := math.Pow(10, math.Floor(math.Log10(s.high-s.low))-1)
	for _, step := range []float64{2, 5, 10, 20, 50, 100} {
		all = append(all, s.multiples(step*magnitude))
	}
	return all
}

func (s scale) decades(steps []float64, skip int) (ticks []float64) {
	first := int(math.Floor(math.Log10(s.low)))
	for d := first; math.Pow10(d) <= s.high; d++ {
		if (d-first)%skip != 0 {
			continue
		}
		for _, m := range steps {
			if x := m * math.Pow10(d); x >= s.low*0.999 && x <= s.high*1.001 {
				ticks = append(ticks, x)
			}
		}
	}
	return ticks
}

func (s scale) multiples(step float64) (ticks []float64) {
	for i := math.Ceil(s.low / step); i*step <= s.high*1.001; i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

// fit reports whether the labels of ticks have room, and are at most six.
func (s scale) fit(ticks []float64, room func(string) float64) bool {
	if len(ticks) < 2 || len(ticks) > 6 {
		return false
	}
	for i := range ticks[1:] {
		need := (room(short(ticks[i])) + room(short(ticks[i+1]))) / 2
		if math.Abs(s.at(ticks[i+1])-s.at(ticks[i])) < need {
			return false
		}
	}
	return true
}

// short formats a number for an axis: 1000 is 1k, and 2500000 is 2.5M.
func short(x float64) string {
	suffix := ""
	for _, s := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(x) >= s.size*0.9999 {
			x, suffix = x/s.size, s.name
			break
		}
	}
	text := fmt.Sprintf("%.4f", x)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + suffix
}

// widthOfTick returns the room that a label of a horizontal axis needs.
func widthOfTick(label string) float64 { return widthOf(label, tickSize) + 8 }

// heightOfTick returns the room that a label of a vertical axis needs.
func heightOfTick(string) float64 { return tickSize + 6 }
