package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Report is what became of the cases that were run.
type Report struct {
	Engine  string
	Results []Result
}

// A Result is what became of one case.
type Result struct {
	Group     string
	Case      string
	Sentences []int // of docs/contract.md
	Outcome   Outcome
	Reason    string // why it was skipped, or the first failure
}

// An Outcome is passed, failed or skipped.
type Outcome int

// The outcomes.
const (
	Passed Outcome = iota
	Failed
	Skipped
)

func (o Outcome) String() string { return []string{"passed", "failed", "skipped"}[o] }

func (r *Report) add(result Result) { r.Results = append(r.Results, result) }

// Count returns how many cases have this outcome.
func (r *Report) Count(o Outcome) (n int) {
	for _, result := range r.Results {
		if result.Outcome == o {
			n++
		}
	}
	return n
}

// String lists the cases that failed, how many were skipped for which reason, and,
// for each sentence, how many cases that cite it passed, failed and were skipped.
func (r *Report) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %d cases passed, %d failed, %d skipped\n", r.Engine, r.Count(Passed), r.Count(Failed), r.Count(Skipped))
	skipped := map[string]int{}
	for _, result := range r.Results {
		switch result.Outcome {
		case Failed:
			fmt.Fprintf(&s, "  failed %s: %s (%s)\n", result.Group, result.Case, firstLine(result.Reason))
		case Skipped:
			skipped[result.Reason]++
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(skipped)) {
		fmt.Fprintf(&s, "  skipped %d: %s\n", skipped[reason], reason)
	}
	r.bySentence(&s)
	return s.String()
}

func (r *Report) bySentence(s *strings.Builder) {
	counts := map[int][3]int{}
	for _, result := range r.Results {
		for _, n := range result.Sentences {
			c := counts[n]
			c[result.Outcome]++
			counts[n] = c
		}
	}
	fmt.Fprintf(s, "  sentence  passed  failed  skipped\n")
	for _, n := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(s, "  %8d  %6d  %6d  %7d\n", n, counts[n][Passed], counts[n][Failed], counts[n][Skipped])
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
