package report

import "fmt"

// A look is how an implementation is drawn in every chart.
type look struct{ color, shape string }

// looks have colors that are visible on white and on black, and different shapes.
var looks = map[string]look{
	"actor":          {"#d1495b", "disc"},
	"mutexstore":     {"#2f7fd1", "square"},
	"actor x16":      {"#e58a2b", "ring"},
	"mutexstore x16": {"#17a398", "frame"},
	"textbook":       {"#9b5de5", "triangle"},
	"rwmap":          {"#858b94", "plus"},
	"syncmap":        {"#b5891b", "cross"},
}

// others are the looks in a chart that has no implementation of looks.
var others = []look{
	{"#d1495b", "disc"}, {"#2f7fd1", "square"}, {"#e58a2b", "ring"}, {"#17a398", "frame"},
	{"#9b5de5", "triangle"}, {"#858b94", "plus"}, {"#b5891b", "cross"},
}

// grey is for third-party caches, which are told apart by their names.
const grey = "#858b94"

// lookOf returns the look of the i-th implementation of a chart.
func lookOf(implementation string, i int) look {
	if l, ok := looks[implementation]; ok {
		return l
	}
	return others[i%len(others)]
}

// colorOf returns the color of a bar.
func colorOf(implementation string) string {
	if l, ok := looks[implementation]; ok {
		return l.color
	}
	return grey
}

// mark draws the shape of l around a point.
func (d *drawing) mark(l look, at point) {
	const r = 3.5
	x, y := at.x, at.y
	filled := fmt.Sprintf(`fill="%s"`, l.color)
	hollow := fmt.Sprintf(`fill="none" stroke="%s" stroke-width="1.6"`, l.color)
	switch l.shape {
	case "disc":
		d.printf(`<circle class="mark" cx="%.1f" cy="%.1f" r="%v" %s/>`, x, y, r, filled)
	case "ring":
		d.printf(`<circle class="mark" cx="%.1f" cy="%.1f" r="%v" %s/>`, x, y, r, hollow)
	case "square":
		d.printf(`<rect class="mark" x="%.1f" y="%.1f" width="%v" height="%v" %s/>`, x-r, y-r, 2*r, 2*r, filled)
	case "frame":
		d.printf(`<rect class="mark" x="%.1f" y="%.1f" width="%v" height="%v" %s/>`, x-r, y-r, 2*r, 2*r, hollow)
	case "triangle":
		d.printf(`<path class="mark" d="M%.1f,%.1fl%v,%vh%vz" %s/>`, x, y-r, r, 2*r, -2*r, filled)
	case "plus":
		d.printf(`<path class="mark" d="M%.1f,%.1fv%vM%.1f,%.1fh%v" %s/>`, x, y-r, 2*r, x-r, y, 2*r, hollow)
	case "cross":
		d.printf(`<path class="mark" d="M%.1f,%.1fl%v,%vm0,%vl%v,%v" %s/>`, x-r, y-r, 2*r, 2*r, -2*r, -2*r, 2*r, hollow)
	}
	d.printf("\n")
}
