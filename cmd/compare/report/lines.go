package report

import (
	"math"
	"slices"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const plotHeight = 190.0

// A curve is an implementation in a line chart.
type curve struct {
	name   string
	look   look
	places []float64
	values []result.Estimate
}

// lines draws a metric along an axis: a line for each design, with intervals.
func lines(s result.Series, metric string) []byte {
	curves, unit := curvesOf(s, metric)
	d := &drawing{}
	y := d.legend(curves)
	d.text(0, y, labelSize, start, metric+", "+unit)
	top := y + 10
	bottom := top + plotHeight
	up := heights(curves).between(bottom, top)
	left := 0.0
	ticks := up.ticks(heightOfTick)
	for _, t := range ticks {
		left = max(left, widthOf(short(t), tickSize))
	}
	left += 6
	along := newPlaces(s).between(left+8, chartWidth-14)
	for _, t := range ticks {
		d.rule(left, up.at(t), chartWidth, up.at(t), 0.18)
		d.text(left-6, up.at(t)+3.5, tickSize, end, short(t))
	}
	d.rule(left, bottom, chartWidth, bottom, 0.6)
	d.placeLabels(s, along, bottom)
	for _, c := range curves {
		d.curve(c, along, up)
	}
	d.text((left+chartWidth)/2, bottom+30, labelSize, middle, s.Axis)
	return d.svg(bottom + 36)
}

// placeLabels names the places that were measured, where there is room.
func (d *drawing) placeLabels(s result.Series, along scale, bottom float64) {
	free := 0.0
	for _, c := range s.Cells {
		x := along.at(s.At(c))
		label := short(s.At(c))
		d.rule(x, bottom, x, bottom+3, 0.6)
		if half := widthOf(label, tickSize) / 2; x-half >= free {
			d.text(x, bottom+tickSize+5, tickSize, middle, label)
			free = x + half + 4
		}
	}
}

func (d *drawing) curve(c curve, along scale, up scale) {
	var points []point
	for i, v := range c.values {
		x := along.at(c.places[i])
		points = append(points, point{x, up.at(v.Value)})
		if v.High > v.Low {
			d.interval(c.look.color, point{x, up.at(v.Low)}, point{x, up.at(v.High)})
		}
	}
	d.stroke(c.look.color, 1.5, points...)
	for _, p := range points {
		d.mark(c.look, p)
	}
}

// legend draws the names in as many rows as they need, and returns the baseline
// of the row below.
func (d *drawing) legend(curves []curve) float64 {
	x, y := 0.0, labelSize
	for _, c := range curves {
		width := 12 + widthOf(c.name, labelSize)
		if x > 0 && x+width > chartWidth {
			x, y = 0, y+16
		}
		d.mark(c.look, point{x + 4, y - 4})
		d.text(x+12, y, labelSize, start, c.name)
		x += width + 12
	}
	return y + 20
}

func curvesOf(s result.Series, metric string) (curves []curve, unit string) {
	for i, name := range drawn(s) {
		c := curve{name: name, look: lookOf(name, i)}
		for _, cell := range s.Cells {
			row, _ := cell.Row(name)
			if m, ok := row.Metric(metric); ok {
				c.places = append(c.places, s.At(cell))
				c.values = append(c.values, m.Typical())
				unit = plainUnit(m)
			}
		}
		if len(c.values) > 0 {
			curves = append(curves, c)
		}
	}
	return curves, unit
}

// drawn returns the implementations that have a line: the designs, not the
// third-party caches, which are too many for one picture, unless there are no others.
func drawn(s result.Series) []string {
	var designs, all []string
	for _, c := range s.Cells {
		for _, r := range c.Rows {
			if slices.Contains(all, r.Implementation) {
				continue
			}
			all = append(all, r.Implementation)
			if _, ok := looks[r.Implementation]; ok {
				designs = append(designs, r.Implementation)
			}
		}
	}
	if designs == nil {
		return all[:min(len(all), len(others))]
	}
	return designs
}

func heights(curves []curve) scale {
	low, high := math.Inf(1), 0.0
	for _, c := range curves {
		for _, v := range c.values {
			low, high = min(low, v.Low), max(high, v.High)
		}
	}
	s := newScale(low, high, 4)
	if s.log {
		s.low, s.high = s.low/1.15, s.high*1.15
	} else {
		s.high *= 1.05
	}
	return s
}

// newPlaces returns the horizontal scale of a line chart. On a logarithmic one, 0
// is a decade below the smallest number that is not 0.

func newPlaces(s result.Series) scale {
	first, last := s.At(s.Cells[0]), s.At(s.Cells[len(s.Cells)-1])
	low := first
	if first == 0 {
		low = s.At(s.Cells[1])
	}
	if last/low < 8 {
		return scale{low: first, high: last}
	}
	if first == 0 {
		low /= 10
	}
	return scale{log: true, low: low, high: last}
}
