package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"regexp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// chartWidth suits a phone; on a wider screen the picture is enlarged.
const chartWidth = 340

// newChart is an empty chart without a title: its caption stands beside it.
func newChart() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font.Size = 10
		a.Tick.Label.Font.Size = 9
	}
	p.Legend.TextStyle.Font.Size = 9
	p.Legend.Top = true
	p.Legend.ThumbnailWidth = 16
	return p
}

// render draws p as an svg element. What p draws in black takes the colour of
// the text around it, so that it is seen in the dark too.
func render(p *plot.Plot, height vg.Length) ([]byte, error) {
	c := vgsvg.New(chartWidth, height)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, err
	}
	svg := b.Bytes()
	svg = svg[bytes.Index(svg, []byte("<svg")):]
	svg = size.ReplaceAll(svg, nil)
	return bytes.ReplaceAll(svg, []byte("#000000"), []byte("currentColor")), nil
}

// size is the fixed one of the outermost element; its viewBox stays.
var size = regexp.MustCompile(` (width|height)="[0-9.]+pt"`)

// A look is how a contestant is drawn, everywhere alike.
type look struct {
	color color.Color
	shape draw.GlyphDrawer
}

func rgb(hex uint32) color.Color {
	return color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// looks have colours that are seen on white and on black, and different shapes.
var looks = map[string]look{
	"actor":     {rgb(0xd1495b), draw.CircleGlyph{}},
	"mutex":     {rgb(0x2f7fd1), draw.BoxGlyph{}},
	"actor x16": {rgb(0xe58a2b), draw.RingGlyph{}},
	"mutex x16": {rgb(0x17a398), draw.SquareGlyph{}},
	"textbook":  {rgb(0x9b5de5), draw.PyramidGlyph{}},
	"rwmap":     {rgb(0x858b94), draw.PlusGlyph{}},
	"syncmap":   {rgb(0xb5891b), draw.CrossGlyph{}},
}

func lookOf(contestant string) look {
	if l, ok := looks[contestant]; ok {
		return l
	}
	return look{rgb(0x858b94), draw.TriangleGlyph{}}
}

func (l look) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.color, Radius: 3, Shape: l.shape}
}

func (l look) line(width vg.Length) draw.LineStyle { return draw.LineStyle{Color: l.color, Width: width} }

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

// drawn are the contestants that have a line: the designs, not the rivals, which
// are too many for one picture.
func drawn(s result.Series) (names []string) {
	for _, c := range s.Cells {
		for _, r := range c.Rows {
			if _, ok := looks[r.Contestant]; ok && !slices.Contains(names, r.Contestant) {
				names = append(names, r.Contestant)
			}
		}
	}
	return names
}

// forest draws a metric of one cell: a row for each contestant, with its interval.
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
		l := lookOf(r.Contestant)
		dots.GlyphStyle, bars.LineStyle, bars.CapWidth = l.glyph(), l.line(1.2), 5
		p.Add(bars, dots)
		names = append(names, r.Contestant)
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
	slices.SortStableFunc(rows, func(a, b result.Row) int {
		order := compareMedians(a, b, metric)
		if result.HigherIsBetter(metric) {
			return -order
		}
		return order
	})
	return rows
}

func compareMedians(a, b result.Row, metric string) int {
	m, _ := a.Metric(metric)
	n, _ := b.Metric(metric)
	switch x, y := result.Median(m.Samples), result.Median(n.Samples); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// intervals are points of whom one coordinate is an estimate.
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

// logX and logY make an axis logarithmic where all that is drawn is above 0 and
// spans more than a factor of 4; else it begins at 0.
func logX(p *plot.Plot) { logAxis(&p.X) }
func logY(p *plot.Plot) { logAxis(&p.Y) }

func logAxis(a *plot.Axis) {
	a.Tick.Marker = plot.TickerFunc(linearTicks)
	if a.Min > 0 && a.Max/a.Min > 4 {
		a.Scale = plot.LogScale{}
		a.Tick.Marker = plot.TickerFunc(logTicks)
		a.Min, a.Max = a.Min/1.15, a.Max*1.15
		return
	}
	a.Min, a.Max = min(0, a.Min), a.Max*1.05
}

// logTicks are 1, 2 and 5 of each decade, the latter two only in a short span.
func logTicks(low, high float64) (ticks []plot.Tick) {
	steps := []float64{1, 2, 5}
	if high/low > 300 {
		steps = steps[:1]
	}
	for decade := math.Pow(10, math.Floor(math.Log10(low))); decade <= high; decade *= 10 {
		for _, s := range steps {
			if x := s * decade; x >= low && x <= high {
				ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprintf("%.4g", x)})
			}
		}
	}
	return ticks
}

func linearTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for _, t := range (plot.DefaultTicks{}).Ticks(low, high) {
		if t.Label != "" {
			t.Label = fmt.Sprintf("%.4g", t.Value)
		}
		ticks = append(ticks, t)
	}
	return ticks
}
