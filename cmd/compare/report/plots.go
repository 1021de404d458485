package report

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// lines draws a metric along an axis: a line for each design, with intervals.
func lines(s result.Series, metric string) ([]byte, error) {
	p := newChart()
	p.X.Label.Text = s.Axis
	var ticks plot.ConstantTicks
	for _, c := range s.Cells {
		ticks = append(ticks, plot.Tick{Value: s.At(c), Label: c.Param(s.Axis)})
	}
	p.X.Tick.Marker = ticks
	if first, last := ticks[0].Value, ticks[len(ticks)-1].Value; first > 0 && last/first >= 8 {
		p.X.Scale = plot.LogScale{}
	}
	rows := 0
	for _, name := range drawn(s) {
		points := &intervals{}
		for _, c := range s.Cells {
			row, _ := c.Row(name)
			if m, ok := row.Metric(metric); ok {
				points.add(s.At(c), m.Typical())
				p.Y.Label.Text = metric + ", " + m.Unit
			}
		}
		if points.Len() == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		bars, err := plotter.NewYErrorBars(points)
		if err != nil {
			return nil, err
		}
		l := lookOf(name)
		line.LineStyle, dots.GlyphStyle, bars.LineStyle, bars.CapWidth = l.line(1.2), l.glyph(), l.line(0.8), 4
		p.Add(line, dots, bars)
		p.Legend.Add(name, line, dots)
		rows++
	}
	logY(p)
	if p.Y.Scale != nil {
		p.Y.Max *= math.Pow(p.Y.Max/p.Y.Min, 0.12*float64(rows)) // room for the legend
	}
	return render(p, 260)
}

// drawn are the implementations that have a line: the designs, not the third-party
// caches, which are too many for one picture.
func drawn(s result.Series) (names []string) {
	for _, c := range s.Cells {
		for _, r := range c.Rows {
			if _, ok := looks[r.Implementation]; ok && !slices.Contains(names, r.Implementation) {
				names = append(names, r.Implementation)
			}
		}
	}
	return names
}

// forest draws a metric of one cell: a row for each implementation, with its interval.
func forest(c result.Cell, metric string) ([]byte, error) {
	rows := ranked(c, metric)
	p := newChart()
	var names []string
	for i, r := range slices.Backward(rows) {
		m, _ := r.Metric(metric)
		points := &intervals{sideways: true}
		points.add(float64(len(rows)-1-i), m.Typical())
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		bars, err := plotter.NewXErrorBars(points)
		if err != nil {
			return nil, err
		}
		l := lookOf(r.Implementation)
		dots.GlyphStyle, bars.LineStyle, bars.CapWidth = l.glyph(), l.line(1.2), 5
		p.Add(bars, dots)
		names = append(names, r.Implementation)
		p.X.Label.Text = metric + ", " + m.Unit
	}
	p.NominalY(names...)
	p.Y.Tick.Label.Font.Size = 9
	logX(p)
	return render(p, vg.Length(44+16*len(rows)))
}

// ranked are the rows that have the metric, the best first; the parts of an
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

// intervals are points of which one coordinate is an estimate.
type intervals struct {
	plotter.XYs
	plotter.Errors
	sideways bool
}

func (p *intervals) add(at float64, e result.Estimate) {
	xy := plotter.XY{X: at, Y: e.Value}
	if p.sideways {
		xy = plotter.XY{X: e.Value, Y: at}
	}
	p.XYs = append(p.XYs, xy)
	p.Errors = append(p.Errors, struct{ Low, High float64 }{e.Value - e.Low, e.High - e.Value})
}

func (p *intervals) YError(i int) (low, high float64) { return p.Errors[i].Low, p.Errors[i].High }
func (p *intervals) XError(i int) (low, high float64) { return p.Errors[i].Low, p.Errors[i].High }
