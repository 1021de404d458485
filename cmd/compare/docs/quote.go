package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// A page asks for a figure in a comment; the figure is between it and the next:
//
//	<!--= time of actor in mixed reads=90 callers=1 -->…<!--/-->
//	<!--= time of actor over mutexstore in mixed reads=90 callers=1 -->…<!--/-->
//	<!--= command -->…<!--/-->
//	<!--= table time by callers of actor, mutexstore in mixed reads=90 -->…<!--/-->
//	<!--= table wait, entry of actor, mutexstore in storm -->…<!--/-->
//	<!--= crossovers mixed -->…<!--/-->
//	<!--= meaning -->…<!--/-->
//	<!--= decide -->…<!--/-->
//
// A cell is named by its workload and enough parameters to identify it. "of all"
// stands for all implementations.
var quoted = regexp.MustCompile(`(?s)<!--= (.*?) -->(.*?)<!--/-->`)

// quoteAll rewrites every figure of page.
func quoteAll(r *result.Result, page []byte) ([]byte, error) {
	var failed error
	out := quoted.ReplaceAllFunc(page, func(m []byte) []byte {
		parts := quoted.FindSubmatch(m)
		text, err := quote(r, string(parts[1]))
		if err != nil && failed == nil {
			failed = fmt.Errorf("%q: %w", parts[1], err)
		}
		return fmt.Appendf(nil, "<!--= %s -->%s<!--/-->", parts[1], text)
	})
	return out, failed
}

func quote(r *result.Result, ask string) (string, error) {
	verb, rest, _ := strings.Cut(ask, " ")
	switch verb {
	case "machine":
		m := r.Machine
		return fmt.Sprintf("%s, %d cores, %s %s/%s", m.CPU, m.Cores, m.Go, m.OS, m.Arch), nil
	case "command":
		return "`" + strings.Join(r.Command, " ") + "`", nil
	case "commit":
		return "`" + r.Commit + "`", nil
	case "date":
		return r.Started.Format("2006-01-02"), nil
	case "table":
		return table(r, rest)
	case "crossovers":
		return crossovers(r, rest), nil
	case "meaning":
		return meaning(r)
	case "decide":
		return decisions(r), nil
	}
	return figure(r, ask)
}

// figure returns one value, or the ratio of two.
func figure(r *result.Result, ask string) (string, error) {
	metric, of, where, err := split(ask)
	if err != nil {
		return "", err
	}
	c, err := find(r, where)
	if err != nil {
		return "", err
	}
	name, base, isRatio := strings.Cut(of, " over ")
	row, ok := c.Row(name)
	m, has := row.Metric(metric)
	if !ok || !has {
		return "", fmt.Errorf("%s has no %s of %s", c.Name(), metric, name)
	}
	if !isRatio {
		return value(m), nil
	}
	e, ok := c.Ratio(name, base, metric)
	switch {
	case !ok:
		return "", fmt.Errorf("%s has no %s of %s", c.Name(), metric, base)
	case e.ShowsNoDifference():
		return result.Figure(e.Value) + " (no difference shown)", nil
	}
	return result.Figure(e.Value), nil
}

func value(m result.Metric) string {
	return result.Figure(result.Median(m.Samples)) + " " + m.ShortUnit()
}

// split splits "metric of implementations in cell".
func split(ask string) (metric, of, where string, err error) {
	metric, rest, ok := strings.Cut(ask, " of ")
	of, where, okay := strings.Cut(rest, " in ")
	if !ok || !okay {
		return "", "", "", fmt.Errorf("it is not: METRIC of IMPLEMENTATION in CELL")
	}
	return metric, of, where, nil
}

// matching returns the cells of the workload that have all the given parameters.
func matching(r *result.Result, where string) []result.Cell {
	parts := strings.Fields(where)
	return slices.DeleteFunc(slices.Clone(r.Cells), func(c result.Cell) bool {
		return c.Workload != parts[0] || slices.ContainsFunc(parts[1:], func(p string) bool {
			name, value, _ := strings.Cut(p, "=")
			return c.Param(name) != value
		})
	})
}

func find(r *result.Result, where string) (result.Cell, error) {
	found := matching(r, where)
	if len(found) != 1 {
		return result.Cell{}, fmt.Errorf("%d cells are %q; say more of its parameters, or fewer", len(found), where)
	}
	return found[0], nil
}

func table(r *result.Result, ask string) (string, error) {
	what, of, where, err := split(ask)
	if err != nil {
		return "", err
	}
	cells := matching(r, where)
	if len(cells) == 0 {
		return "", fmt.Errorf("no cell is %q", where)
	}
	names := strings.Split(of, ", ")
	if of == "all" {
		names = nil
		for _, row := range cells[0].Rows {
			names = append(names, row.Implementation)
		}
	}
	metrics, axis, along := strings.Cut(what, " by ")
	for _, m := range strings.Split(metrics, ", ") {
		if !slices.ContainsFunc(cells, func(c result.Cell) bool { return slices.Contains(c.Metrics(), m) }) {
			return "", fmt.Errorf("%q has no metric %q; it has %q", where, m, cells[0].Metrics())
		}
	}
	if along {
		return byAxis(cells, metrics, axis, names), nil
	}
	if len(cells) > 1 {
		return "", fmt.Errorf("%d cells are %q, and there is no axis to distinguish them by", len(cells), where)
	}
	return byImplementation(cells[0], strings.Split(metrics, ", "), names), nil
}

func byAxis(cells []result.Cell, metric, axis string, names []string) string {
	lines := []string{line(append([]string{axis}, names...)), rule(len(names) + 1)}
	for _, c := range cells {
		columns := []string{c.Param(axis)}
		for _, n := range names {
			columns = append(columns, cellOf(c, n, metric))
		}
		lines = append(lines, line(columns))
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

func byImplementation(c result.Cell, metrics, names []string) string {
	lines := []string{line(append([]string{""}, metrics...)), rule(len(metrics) + 1)}
	for _, n := range names {
		columns := []string{n}
		for _, m := range metrics {
			columns = append(columns, cellOf(c, n, m))
		}
		lines = append(lines, line(columns))
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

func cellOf(c result.Cell, implementation, metric string) string {
	row, _ := c.Row(implementation)
	if m, ok := row.Metric(metric); ok {
		return value(m)
	}
	return "–"
}

func line(columns []string) string { return "| " + strings.Join(columns, " | ") + " |" }

func rule(n int) string { return "|---|" + strings.Repeat("---:|", n-1) }

// crossovers lists the most important ones of a workload, and folds the rest away.
func crossovers(r *result.Result, workload string) string {
	all := slices.DeleteFunc(result.Crossovers(r), func(c result.Crossover) bool { return c.Workload != workload })
	if len(all) == 0 {
		return "\n\n- none\n\n"
	}
	top, rest := result.Rank(all)
	text := "\n\n" + items(top) + "\n"
	if len(rest) > 0 {
		text += fmt.Sprintf("<details><summary>%d more</summary>\n\n%s\n</details>\n\n", len(rest), items(rest))
	}
	return text
}

func items(all []result.Crossover) string {
	var text strings.Builder
	for _, c := range all {
		fmt.Fprintf(&text, "- %v\n", c)
	}
	return text.String()
}

// meaning lists the sentences that a report begins with.
func meaning(r *result.Result) (string, error) {
	found, missing := result.Meaning(r)
	if len(missing) > 0 {
		return "", fmt.Errorf("the result has no figures for %q", missing)
	}
	text := "\n\n"
	for _, f := range found {
		text += fmt.Sprintf("- **%s.** %s\n", f.About, f.Text)
	}
	return text + "\n", nil
}

// decisions returns the table to decide by.
func decisions(r *result.Result) string {
	lines := []string{line([]string{"if", "use", "because"}), "|---|---|---|"}
	for _, d := range result.Decide(r) {
		lines = append(lines, line([]string{d.If, d.Use, d.Reason()}))
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}
