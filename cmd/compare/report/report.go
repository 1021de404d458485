// Package report shows a result as a page: one file that needs no network, for
// light and dark screens, wide and narrow ones.
package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

//go:embed report.html
var page string

var tmpl = template.Must(template.New("report").Funcs(template.FuncMap{
	"join": strings.Join,
	"date": func(t time.Time) string { return t.Format("2006-01-02 15:04 MST") },
}).Parse(page))

// Write writes r as a page.
func Write(w io.Writer, r *result.Result) error {
	top, rest := result.Rank(result.Crossovers(r))
	found, missing := result.Meaning(r)
	return tmpl.Execute(w, struct {
		*result.Result
		Meaning   []result.Finding
		Missing   []string
		Decisions []result.Decision
		About     string
		Top, Rest []result.Crossover
		Sections  []section
	}{r, found, missing, result.Decide(r), result.AboutDecisions, top, rest, sectionsOf(r)})
}

// alone is what a chart in a separate file needs: a width on large screens, and a
// color.
const alone = ` width="640"><style>svg { color: #222; } @media (prefers-color-scheme: dark) { svg { color: #ddd; } }</style>`

// SVGs returns the charts of r by name, each as a complete file.
func SVGs(r *result.Result) map[string][]byte {
	all := map[string][]byte{}
	for _, s := range sectionsOf(r) {
		for _, f := range slices.Concat(s.Lines, s.Cells) {
			all[f.Name] = []byte(strings.Replace(string(f.SVG), ">", alone, 1))
		}
	}
	return all
}

// A section is a workload.
type section struct {
	Name  string
	Lines []figure // along an axis, and the picture of one call
	Cells []figure
}

// A figure is a chart, and its content in words and numbers.
type figure struct {
	Name, Title, Caption string
	SVG                  template.HTML
	Head                 []string
	Rows                 [][]string
}

// charted are the last words of the metrics that get a chart, such as p50 of
// "read p50". A workload that is not here gets a chart of its first metric.
var charted = map[string][]string{
	"storm":   {"wait", "entry", "left"},
	"churn":   {"time", "hits"},
	"iterate": {"entry", "wait"},
	"latency": {"p50", "p99.9"},
	"readers": {"read", "write"},
}

// enoughForALine is how many cells a line chart must have.
const enoughForALine = 3

func sectionsOf(r *result.Result) []section {
	var all []section
	for _, name := range r.Workloads() {
		s := section{Name: name, Lines: linesOf(r, name)}
		for _, c := range r.Cells {
			if c.Workload != name {
				continue
			}
			for _, metric := range metricsOf(c) {
				s.Cells = append(s.Cells, ofCell(c, metric))
			}
		}
		all = append(all, s)
	}
	return all
}

// linesOf returns the charts of a workload that go along an axis.
func linesOf(r *result.Result, workload string) (all []figure) {
	if workload == "parts" { // its rows are steps, not designs
		if f, ok := callFigure(r); ok {
			all = append(all, f)
		}
		return all
	}
	for _, axis := range r.Axes() {
		for _, series := range r.Series(axis) {
			if series.Workload != workload || len(series.Cells) < enoughForALine {
				continue
			}
			for _, metric := range metricsOf(series.Cells[0]) {
				all = append(all, along(series, metric))
			}
		}
	}
	return all
}

func metricsOf(c result.Cell) []string {
	quantities, ok := charted[c.Workload]
	if !ok {
		return c.Metrics()[:1]
	}
	return slices.DeleteFunc(c.Metrics(), func(metric string) bool {
		return !slices.Contains(quantities, metric[strings.LastIndex(metric, " ")+1:])
	})
}

func markup(svg []byte) template.HTML { return template.HTML(svg) }

func along(s result.Series, metric string) figure {
	names := drawn(s)
	title := s.Where()
	if metric != "time" {
		title += " " + metric
	}
	f := figure{
		Name: fileName(title + " by " + s.Axis), Title: title + ", by " + s.Axis,
		SVG: markup(lines(s, metric)), Head: append([]string{s.Axis}, names...),
	}
	for _, c := range s.Cells {
		row := []string{c.Param(s.Axis)}
		for _, n := range names {
			r, _ := c.Row(n)
			row = append(row, typical(r, metric))
		}
		f.Rows = append(f.Rows, row)
	}
	first, last := s.Cells[0], s.Cells[len(s.Cells)-1]
	f.Caption = fmt.Sprintf("Best of these with %s=%s: %s; with %s: %s. Medians, with 95 %% confidence intervals.",
		s.Axis, first.Param(s.Axis), best(first, metric, names), last.Param(s.Axis), best(last, metric, names))
	return f
}

func ofCell(c result.Cell, metric string) figure {
	title := strings.ReplaceAll(c.Name(), "/", " ")
	f := figure{
		Name: fileName(title + " " + metric), Title: title + ": " + metric, SVG: markup(bars(c, metric)),
		Head:    append([]string{"", metric, "vs " + c.Baseline, "95 % interval"}, otherMetrics(c, metric)...),
		Caption: "Medians, with 95 % confidence intervals.",
	}
	if c.Workload != "parts" {
		f.Caption = fmt.Sprintf("Best: %s. %s", best(c, metric, nil), f.Caption)
	}
	for _, r := range ranked(c, metric) {
		ratio, interval := result.Against(c, r, metric)
		row := []string{r.Implementation, typical(r, metric), ratio, interval}
		for _, m := range otherMetrics(c, metric) {
			row = append(row, typical(r, m))
		}
		f.Rows = append(f.Rows, row)
	}
	return f
}

func otherMetrics(c result.Cell, metric string) []string {
	return slices.DeleteFunc(c.Metrics(), func(m string) bool { return m == metric })
}

func typical(r result.Row, metric string) string {
	m, ok := r.Metric(metric)
	if !ok {
		return ""
	}
	return result.Figure(result.Median(m.Samples)) + " " + plainUnit(m)
}

// best returns the best row, of those in of unless that is nil, and its metric.
func best(c result.Cell, metric string, of []string) string {
	for _, r := range ranked(c, metric) {
		if of == nil || slices.Contains(of, r.Implementation) {
			m, _ := r.Metric(metric)
			return r.Implementation + ", " + m.Amount()
		}
	}
	return "none"
}

func fileName(title string) string {
	return strings.NewReplacer(" ", "-", "=", "", "/", "-", "%", "").Replace(title)
}
