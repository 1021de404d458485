package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// chartWidth suits a phone; on a wider screen the picture is enlarged.
const chartWidth = 340

// newChart is an empty chart without a title: its caption stands next to it.
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

// A look is how an implementation is drawn, everywhere alike.
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

func lookOf(implementation string) look {
	if l, ok := looks[implementation]; ok {
		return l
	}
	return look{rgb(0x858b94), draw.TriangleGlyph{}}
}

func (l look) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.color, Radius: 3, Shape: l.shape}
}

func (l look) line(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: l.color, Width: width}
}

// logX and logY make an axis logarithmic where all that is drawn is above 0 and
// spans more than a factor of 4; otherwise it begins at 0.
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
