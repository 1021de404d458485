package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const rowHeight = 19.0

// A bar is a row of a bar chart.
type bar struct {
	name, label string
	result.Estimate
}

// bars draws a metric of one cell: a bar for each implementation, with its
// interval and its value. Where the values span more than a factor of 50 the
// scale is logarithmic, and a thin line with a dot replaces the bar, whose length
// would mean nothing.
func bars(c result.Cell, metric string) []byte {
	all, unit := barsOf(c, metric)
	s := scaleOf(all)
	names, labels := 0.0, 0.0
	for _, b := range all {
		names, labels = max(names, widthOf(b.name, labelSize)), max(labels, widthOf(b.label, labelSize))
	}
	s = s.between(names+8, chartWidth-labels-10)
	d := &drawing{}
	title := metric + ", " + unit
	if s.log {
		title += " (logarithmic scale)"
	}
	d.text(0, labelSize, labelSize, start, title)
	top := labelSize + 8
	bottom := top + rowHeight*float64(len(all))
	for _, t := range s.ticks(widthOfTick) {
		d.rule(s.at(t), top, s.at(t), bottom, 0.18)
		d.text(s.at(t), bottom+tickSize+3, tickSize, middle, short(t))
	}
	for i, b := range all {
		d.bar(s, b, top+rowHeight*(float64(i)+0.5))
	}
	d.rule(s.from, top, s.from, bottom, 0.6)
	return d.svg(bottom + tickSize + 8)
}

func (d *drawing) bar(s scale, b bar, y float64) {
	color, tip := colorOf(b.name), s.at(b.Value)
	d.text(0, y+4, labelSize, start, b.name)
	if s.log {
		d.stroke(color, 1.5, point{s.from, y}, point{tip, y})
		d.mark(look{color, "disc"}, point{tip, y})
	} else {
		d.box(color, s.from, y-6, tip-s.from, 12)
	}
	if b.High > b.Low {
		ink := color
		if !s.log {
			ink = "currentColor"
		}
		d.interval(ink, point{s.at(b.Low), y}, point{s.at(b.High), y})
	}
	d.text(max(tip+4, s.at(b.High))+5, y+4, labelSize, start, b.label)
}

func barsOf(c result.Cell, metric string) (all []bar, unit string) {
	for _, r := range ranked(c, metric) {
		m, _ := r.Metric(metric)
		all = append(all, bar{r.Implementation, result.Figure(result.Median(m.Samples)), m.Typical()})
		unit = plainUnit(m)
	}
	return all, unit
}

func scaleOf(all []bar) scale {
	low, high := math.Inf(1), 0.0
	for _, b := range all {
		low, high = min(low, b.Low), max(high, b.High)
	}
	s := newScale(low, high, 50)
	if s.log {
		s.low = math.Pow10(int(math.Floor(math.Log10(low * 0.8))))
	}
	return s
}

// ranked returns the rows that have the metric, the best first; the parts of an
// engine stay in their order.
func ranked(c result.Cell, metric string) (rows []result.Row) {
	for _, r := range c.Rows {
		if _, ok := r.Metric(metric); ok {
			rows = append(rows, r)
		}
	}
	if c.Workload == "parts" {
		return rows
	}
	median := func(r result.Row) float64 {
		m, _ := r.Metric(metric)
		if result.HigherIsBetter(metric) {
			return -result.Median(m.Samples)
		}
		return result.Median(m.Samples)
	}
	slices.SortStableFunc(rows, func(a, b result.Row) int { return cmp.Compare(median(a), median(b)) })
	return rows
}

// plainUnit returns the unit of m for an axis.
func plainUnit(m result.Metric) string {
	if m.Unit == "us" {
		return "µs"
	}
	return fmt.Sprint(m.Unit)
}
