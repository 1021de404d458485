package result

import (
	"fmt"
	"strconv"
	"strings"
)

// setting describes a workload with its parameters, such as "mixed, 90 % reads,
// 1,000 keys".
func setting(workload string, params []Param) string {
	parts := []string{workload}
	for _, p := range params {
		parts = append(parts, p.words())
	}
	return strings.Join(parts, ", ")
}

// words describes a parameter, one that it does not know as name=value.
func (p Param) words() string {
	if _, err := strconv.Atoi(p.Value); err != nil && p.Name != "op" && p.Name != "dist" {
		return p.Name + "=" + p.Value
	}
	switch p.Name {
	case "callers", "readers", "keys", "watchers", "entries":
		return counted(p.Value, p.Name)
	case "reads":
		return p.Value + " % reads"
	case "batch":
		return "batches of " + grouped(p.Value)
	case "value":
		return counted(p.Value, "B values")
	case "rate":
		return grouped(p.Value) + " calls per second"
	case "op", "dist":
		return p.Value
	}
	return p.Name + "=" + p.Value
}

// between describes two places on an axis, such as "1 and 8 callers".
func between(axis, from, to string) string {
	switch axis {
	case "callers", "readers", "keys", "watchers", "entries":
		return grouped(from) + " and " + counted(to, axis)
	case "reads":
		return from + " and " + to + " % reads"
	case "batch":
		return "batches of " + grouped(from) + " and " + grouped(to)
	}
	return axis + "=" + from + " and " + to
}

func counted(number, things string) string {
	if number == "1" {
		things = strings.TrimSuffix(things, "s")
	}
	return grouped(number) + " " + things
}

// grouped separates the thousands of a whole number.
func grouped(number string) string {
	for i := len(number) - 3; i > 0; i -= 3 {
		number = number[:i] + "," + number[i:]
	}
	return number
}

// shortUnits are units as a sentence has them.
var shortUnits = strings.NewReplacer("us", "µs", "/op", "", "/key", "", "/entry", "", " of peak", "")

// ShortUnit returns the unit of m as a sentence has it: "ns" of "ns/op".
func (m Metric) ShortUnit() string { return shortUnits.Replace(m.Unit) }

// Amount writes the median of m for a sentence: three digits and a unit of time
// that suits it.
func (m Metric) Amount() string {
	x, unit := Median(m.Samples), m.ShortUnit()
	for _, next := range []struct{ from, to string }{{"ns", "µs"}, {"µs", "ms"}, {"ms", "s"}} {
		if unit == next.from && x >= 1000 {
			x, unit = x/1000, next.to
		}
	}
	return fmt.Sprintf("%s %s", Figure(x), unit)
}
