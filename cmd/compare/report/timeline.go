package report

import (
	"fmt"
	"slices"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// oneCall is the name of the picture of one call through each design.
const oneCall = "one-call"

// A stage is a part of a call: what runs for how long.
type stage struct {
	what string
	ns   float64
	half bool // half of what was measured together with another stage
}

// callParts are the stages of one Get by one caller, from the workload parts: each
// is the difference between two of its steps.
type callParts struct {
	actor, lock []stage
	free        stage // a read of the engine mutexstore, which takes no lock
	actorTime   float64
	lockTime    float64 // of a map behind a lock, with a deadline
}

// partsOf reads the parts out of r and reports whether all were measured.
func partsOf(r *result.Result) (p callParts, ok bool) {
	ok = true
	step := func(of, name string) float64 {
		c, _ := r.Cell("parts/of=" + of + "/callers=1")
		row, _ := c.Row(name)
		m, measured := row.Metric("time")
		ok = ok && measured
		return result.Median(m.Samples)
	}
	trip, clock, actor := step("actor", "+ yield"), step("actor", "+ clock"), step("actor", "actor")
	lock, lookUp, expiry, free := step("lock", "lock"), step("lock", "lock + map"), step("lock", "lock + map + clock"), step("lock", "mutexstore")
	return callParts{
		actor: []stage{
			{"hash the key, fill a request, and the engine's rest", max(0, actor-clock), false},
			{"send it, wake the owner", trip / 2, true},
			{"look up, read the clock", max(0, clock-trip), false},
			{"reply, wake the caller", trip / 2, true},
		},
		lock: []stage{
			{"read-lock", lock / 2, true},
			{"look up", max(0, lookUp-lock), false},
			{"read the clock", max(0, expiry-lookUp), false},
			{"unlock", lock / 2, true},
		},
		free: stage{"hash, count in, look up, read the clock, count out", free, false},

		actorTime: actor, lockTime: expiry,
	}, ok
}

func (p callParts) all() []stage { return slices.Concat(p.actor, p.lock, []stage{p.free}) }

func total(stages []stage) (ns float64) {
	for _, s := range stages {
		ns += s.ns
	}
	return ns
}

// callFigure returns the picture of one call through each design on a time axis.
func callFigure(r *result.Result) (figure, bool) {
	p, ok := partsOf(r)
	if !ok {
		return figure{}, false
	}
	f := figure{
		Name: oneCall, Title: "One call through each design", SVG: markup(drawCall(p)),
		Head: []string{"stage", "time"},
		Caption: fmt.Sprintf("One Get by one caller takes %s ns through the actor, %s ns from a map behind a read lock, and %s ns from the engine mutexstore, which takes no lock for it. "+
			"A stage is the difference between two steps of the workload parts.",
			result.Figure(p.actorTime), result.Figure(p.lockTime), result.Figure(p.free.ns)),
	}
	for i, s := range p.all() {
		f.Rows = append(f.Rows, []string{fmt.Sprintf("%d %s", i+1, s.what), s.time()})
	}
	return f, true
}

// time is how long s takes, with a mark if only a sum was measured.
func (s stage) time() string {
	return result.Figure(s.ns) + " ns" + map[bool]string{true: " *"}[s.half]
}

const (
	laneHeight = 18.0
	numberSize = 10.0
)

// A chronicle is a drawing of lanes, a goroutine each, one below the other.
type chronicle struct {
	drawing
	y float64 // the top of the next element
}

func drawCall(p callParts) []byte {
	c := &chronicle{}
	whole := max(total(p.actor), total(p.lock), p.free.ns)
	all := scale{low: 0, high: whole * 1.04}.between(0, chartWidth)
	c.heading("Actor: " + result.Figure(p.actorTime) + " ns on two goroutines")
	c.handover(p, all)
	c.heading("Map behind a read lock: " + result.Figure(p.lockTime) + " ns, same scale")
	c.lane(lookLock, 5, p.lock, all, false)
	c.heading("mutexstore, read without a lock: " + result.Figure(p.free.ns) + " ns, same scale")
	c.lane(lookFree, 9, []stage{p.free}, all, false)
	c.axis(all)

	small := max(total(p.lock), p.free.ns)
	near := scale{low: 0, high: small * 1.04}.between(0, chartWidth)
	c.heading(fmt.Sprintf("The last two, enlarged %s times", result.Figure(all.high/near.high)))
	c.lane(lookLock, 5, p.lock, near, true)
	c.y += 6
	c.lane(lookFree, 9, []stage{p.free}, near, true)
	c.axis(near)
	c.key(p.all())
	return c.svg(c.y + 2)
}

var (
	lookActor = looks["actor"].color
	lookOwner = looks["actor x16"].color
	lookLock  = looks["mutexstore"].color
	lookFree  = looks["mutexstore x16"].color
)

func (c *chronicle) heading(text string) {
	c.y += 20
	c.text(0, c.y-6, labelSize, start, text)
}

// lane draws stages one after another, numbered if there is room for numbers.
func (c *chronicle) lane(color string, first int, stages []stage, s scale, numbered bool) {
	t := 0.0
	for i, part := range stages {
		left, right := s.at(t), s.at(t+part.ns)
		c.box(color, left, c.y, right-left, laneHeight)
		if i > 0 {
			c.divide(left)
		}
		if numbered {
			c.number((left+right)/2, c.y+laneHeight/2, first+i)
		}
		t += part.ns
	}
	c.y += laneHeight
}

// divide separates two stages of a lane.
func (c *chronicle) divide(x float64) { c.rule(x, c.y, x, c.y+laneHeight, 0.9) }

// number draws the number of a stage, which the key explains, on a white disc.
func (c *chronicle) number(x, y float64, n int) {
	c.printf(`<circle cx="%.1f" cy="%.1f" r="7" fill="#fff" stroke="#333"/>`+"\n", x, y)
	c.printf(`<text class="number" x="%.1f" y="%.1f" font-size="%v" text-anchor="middle" fill="#111">%d</text>`+"\n", x, y+3.6, numberSize, n)
}

// handover draws the actor's two lanes, and what passes between them.
func (c *chronicle) handover(p callParts, s scale) {
	caller, owner := c.y+14, c.y+laneHeight+50
	sent := p.actor[0].ns
	arrived := sent + p.actor[1].ns
	served := arrived + p.actor[2].ns
	returned := served + p.actor[3].ns
	c.text(0, c.y+9, tickSize, start, "the caller's goroutine (dotted: it waits)")
	c.text(0, owner+laneHeight+12, tickSize, start, "the owner's goroutine")
	c.wait(s.at(sent), s.at(returned), caller+laneHeight/2)
	c.wait(s.at(0), s.at(arrived), owner+laneHeight/2)
	c.wait(s.at(served), s.at(returned), owner+laneHeight/2)
	c.box(lookActor, 0, caller, s.at(sent), laneHeight)
	c.box(lookActor, s.at(returned), caller, 3, laneHeight)
	c.box(lookOwner, s.at(arrived), owner, s.at(served)-s.at(arrived), laneHeight)
	c.pass(point{s.at(sent), caller + laneHeight}, point{s.at(arrived), owner})
	c.pass(point{s.at(served), owner}, point{s.at(returned), caller + laneHeight})
	c.number(s.at(sent/2), caller+laneHeight/2, 1)
	c.number((s.at(sent)+s.at(arrived))/2, (caller+owner+laneHeight)/2, 2)
	c.number((s.at(arrived)+s.at(served))/2, owner+laneHeight/2, 3)
	c.number((s.at(served)+s.at(returned))/2, (caller+owner+laneHeight)/2, 4)
	c.y = owner + laneHeight + 16
}

// wait draws a goroutine that does not run.
func (c *chronicle) wait(from, to, y float64) {
	c.printf(`<path d="M%.1f,%.1fH%.1f" stroke="currentColor" stroke-dasharray="2 4" stroke-opacity="0.6" fill="none"/>`+"\n", from, y, to)
}

// pass draws an arrow from one goroutine to another.
func (c *chronicle) pass(from, to point) {
	c.stroke(lookActor, 2.5, from, to)
	up := 1.0
	if to.y > from.y {
		up = -1
	}
	c.printf(`<path d="M%.1f,%.1fl-9,%.1fl3,%.1fz" fill="%s"/>`+"\n", to.x, to.y, 1*up, 7*up, lookActor)
}

func (c *chronicle) axis(s scale) {
	c.y += 4
	c.rule(0, c.y, chartWidth, c.y, 0.6)
	for _, t := range s.ticks(func(label string) float64 { return widthOf(label+" ns", tickSize) + 8 }) {
		label, at := short(t)+" ns", middle
		if t == 0 {
			at = start
		}
		c.rule(s.at(t), c.y, s.at(t), c.y+3, 0.6)
		if s.at(t)+widthOf(label, tickSize)/2 <= chartWidth {
			c.text(s.at(t), c.y+tickSize+5, tickSize, at, label)
		}
	}
	c.y += tickSize + 10
}

// notes say what the stages do not.
var notes = []string{
	"* half of what was measured as a sum of two stages",
	"1 is what the engine takes beyond the other stages; a part",
	"of it runs on the owner's goroutine",
}

// key explains the numbers.
func (c *chronicle) key(stages []stage) {
	c.y += 6
	for i, s := range stages {
		c.number(8, c.y+4, i+1)
		c.text(22, c.y+8, labelSize, start, s.what+": "+s.time())
		c.y += 18
	}
	for _, line := range notes {
		c.text(0, c.y+8, tickSize, start, line)
		c.y += 14
	}
}
