package report

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
)

// chartWidth suits a phone; on a wider screen the picture is enlarged.
const chartWidth = 340.0

// fonts are the fonts of text, all with the widths of the first, in which text is
// measured.
const fonts = "Liberation Sans, Arial, Helvetica, sans-serif"

const (
	labelSize = 12.0
	tickSize  = 11.0
)

var fontCache = font.NewCache(liberation.Collection())

// widthOf returns the width of text in a font size.
func widthOf(text string, size float64) float64 {
	face := fontCache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, font.Points(size))
	return face.Width(text).Points()
}

// A drawing is an svg element under construction. Its text and axes take the color
// of the surrounding text.
type drawing struct {
	body bytes.Buffer
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.body, format, args...) }

// svg returns the element, which scales to the width of its container.
func (d *drawing) svg(height float64) []byte {
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %v %.0f" font-family="%s">`+"\n%s</svg>\n",
		chartWidth, height, fonts, d.body.Bytes())
}

// An anchor is the part of a text that its x coordinate refers to.
type anchor string

const (
	start  anchor = "start"
	middle anchor = "middle"
	end    anchor = "end"
)

// text draws text with its baseline at y. It gets the measured width in any font.
func (d *drawing) text(x, y, size float64, at anchor, text string) {
	d.printf(`<text x="%.1f" y="%.1f" font-size="%v" text-anchor="%s" textLength="%.1f" lengthAdjust="spacingAndGlyphs" fill="currentColor">%s</text>`+"\n",
		x, y, size, at, widthOf(text, size), html.EscapeString(text))
}

// rule draws a line of an axis or a grid.
func (d *drawing) rule(x1, y1, x2, y2, opacity float64) {
	d.printf(`<path d="M%.1f,%.1fL%.1f,%.1f" stroke="currentColor" stroke-width="1" stroke-opacity="%v" fill="none"/>`+"\n", x1, y1, x2, y2, opacity)
}

// stroke draws a colored line through points.
func (d *drawing) stroke(color string, width float64, points ...point) {
	var path strings.Builder
	for i, p := range points {
		fmt.Fprintf(&path, "%s%.1f,%.1f", "ML"[min(i, 1):min(i, 1)+1], p.x, p.y)
	}
	d.printf(`<path d="%s" stroke="%s" stroke-width="%v" fill="none" stroke-linejoin="round"/>`+"\n", path.String(), color, width)
}

// interval draws a confidence interval, with a cap at each end.
func (d *drawing) interval(color string, from, to point) {
	cap := point{0, 3}
	if from.x == to.x {
		cap = point{3, 0}
	}
	d.stroke(color, 1.2, from, to)
	for _, p := range []point{from, to} {
		d.stroke(color, 1.2, point{p.x - cap.x, p.y - cap.y}, point{p.x + cap.x, p.y + cap.y})
	}
}

// box draws a filled rectangle that represents a value.
func (d *drawing) box(color string, x, y, width, height float64) {
	d.printf(`<rect class="mark" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, max(width, 0.5), height, color)
}

type point struct{ x, y float64 }
