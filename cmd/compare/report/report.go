// Package report shows a result as a page: one file, without a network, for
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
	sections, err := sectionsOf(r)
	if err != nil {
		return err
	}
	return tmpl.Execute(w, struct {
		*result.Result
		Crossovers []result.Crossover
		Sections   []section
	}{r, result.Crossovers(r), sections})
}

// standing is the style of a chart that stands alone.
const standing = `<style>svg { color: #222; fill: currentColor; } text { font-family: sans-serif !important; }
@media (prefers-color-scheme: dark) { svg { color: #ddd; } }</style>`

// SVGs are the charts of r, each as a file that stands alone, by a name for it.
func SVGs(r *result.Result) (map[string][]byte, error) {
	sections, err := sectionsOf(r)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, s := range sections {
		for _, f := range slices.Concat(s.Lines, s.Cells) {
			head, body, _ := strings.Cut(string(f.SVG), ">")
			all[f.Name] = []byte(head + ">" + standing + body)
		}
	}
	return all, nil
}

// A section is a workload.
type section struct {
	Name  string
	Lines []figure // along an axis
	Cells []figure
}

// A figure is a chart and the same in words and numbers.
type figure struct {
	Name, Title, Caption string
	SVG                  template.HTML
	Head                 []string
	Rows                 [][]string
}

// charted are the last words of the metrics that get a chart, such as p50 of
// "read p50"; of other workloads the first metric does.
var charted = map[string][]string{
	"storm":   {"wait", "entry", "left"},
	"churn":   {"time", "hits"},
	"iterate": {"entry", "wait"},
	"latency": {"p50", "p99.9"},
}

func sectionsOf(r *result.Result) ([]section, error) {
	var all []section
	for _, name := range r.Workloads() {
		s := section{Name: name}
		for _, axis := range []string{"callers", "batch", "watchers", "reads", "keys"} {
			for _, series := range r.Series(axis) {
				if series.Cells[0].Workload != name || name == "parts" || len(series.Cells) < 3 {
					continue
				}
				f, err := along(series)
				if err != nil {
					return nil, err
				}
				s.Lines = append(s.Lines, f)
			}
		}
		for _, c := range r.Cells {
			if c.Workload != name {
				continue
			}
			for _, metric := range metricsOf(c) {
				f, err := ofCell(c, metric)
				if err != nil {
					return nil, err
				}
				s.Cells = append(s.Cells, f)
			}
		}
		all = append(all, s)
	}
	return all, nil
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

func along(s result.Series) (figure, error) {
	metric := s.Cells[0].Metrics()[0]
	svg, err := lines(s, metric)
	if err != nil {
		return figure{}, fmt.Errorf("chart of %s: %w", s.Where, err)
	}
	f := figure{
		Name: fileName(s.Where + " by " + s.Axis), Title: s.Where + ", by " + s.Axis, SVG: template.HTML(svg),
		Head: []string{s.Axis},
	}
	names := drawn(s)
	f.Head = append(f.Head, names...)
	for _, c := range s.Cells {
		row := []string{c.Param(s.Axis)}
		for _, n := range names {
			r, _ := c.Row(n)
			row = append(row, typical(r, metric))
		}
		f.Rows = append(f.Rows, row)
	}
	first, last := s.Cells[0], s.Cells[len(s.Cells)-1]
	f.Caption = fmt.Sprintf("Best of these at %s %s: %s; at %s: %s. Medians, with 95 %% confidence intervals.",
		s.Axis, first.Param(s.Axis), best(first, metric, names), last.Param(s.Axis), best(last, metric, names))
	return f, nil
}

func ofCell(c result.Cell, metric string) (figure, error) {
	svg, err := forest(c, metric)
	if err != nil {
		return figure{}, fmt.Errorf("chart of %s: %w", c.Name(), err)
	}
	title := strings.ReplaceAll(c.Name(), "/", " ")
	f := figure{
		Name: fileName(title + " " + metric), Title: title + ": " + metric, SVG: template.HTML(svg),
		Head:    append([]string{"", metric, "/ " + c.Baseline, "95 % interval"}, others(c, metric)...),
		Caption: fmt.Sprintf("Best: %s. Medians, with 95 %% confidence intervals.", best(c, metric, nil)),
	}
	for _, r := range ranked(c, metric) {
		row := []string{r.Implementation, typical(r, metric)}
		ratio, interval := result.Against(c, r, metric)
		row = append(row, ratio, interval)
		for _, m := range others(c, metric) {
			row = append(row, typical(r, m))
		}
		f.Rows = append(f.Rows, row)
	}
	return f, nil
}

func others(c result.Cell, metric string) []string {
	return slices.DeleteFunc(c.Metrics(), func(m string) bool { return m == metric })
}

func typical(r result.Row, metric string) string {
	m, ok := r.Metric(metric)
	if !ok {
		return ""
	}
	return result.Figure(result.Median(m.Samples)) + " " + m.Unit
}

// best is the best row, of those named if some are.
func best(c result.Cell, metric string, of []string) string {
	for _, r := range ranked(c, metric) {
		if of == nil || slices.Contains(of, r.Implementation) {
			return r.Implementation + ", " + typical(r, metric)
		}
	}
	return "none"
}

func fileName(title string) string {
	return strings.NewReplacer(" ", "-", "=", "", "/", "-", "%", "").Replace(title)
}
