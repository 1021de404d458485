package result

import (
	"fmt"
	"slices"
	"strings"
)

// A Decision is a row of the table to decide by.
type Decision struct {
	If      string
	Use     string // with Markdown's marks for code
	Because string // with figures from the result; empty if they were not measured
}

// Reason returns why, and says so if the figures were not measured.
func (d Decision) Reason() string {
	if d.Because == "" {
		return "not measured in this run"
	}
	return d.Because
}

// PlainUse returns what to use without marks.
func (d Decision) PlainUse() string { return strings.ReplaceAll(d.Use, "`", "") }

// AboutDecisions says what to make of the table.
const AboutDecisions = "mutexstore and actor are the engines of these packages; x16 is NewSharded over 16 of them. " +
	"The advice is the project's, from its own measurements on two cores; the figures are this run's. Where they disagree, believe the figures."

// Decide returns the table to decide by.
func Decide(r *Result) []Decision {
	plain := r.first("mixed", []string{"reads=90", "callers=8"})
	writes := r.first("mixed", []string{"reads=0", "callers=64"}, []string{"reads=0", "callers=8"})
	reads := r.first("mixed", []string{"reads=100", "callers=8"}, []string{"reads=90", "callers=8"})
	_, batch, _ := largestBatch(r)
	watchers, storm, churn := r.first("watchers", []string{"watchers=100"}), r.first("storm", nil), r.first("churn", []string{"trace=zipf"})
	return []Decision{
		{"you do not know", "`mutexstore`", plain.because("a call takes", "time", "mutexstore", "actor")},
		{"you have many cores and use mostly single keys", "`NewSharded` over `mutexstore`", writes.because("a call takes", "time", "mutexstore x16", "mutexstore")},
		{"most calls carry many keys", "either engine, unsharded; measure", batch.because("a key takes", "time", "mutexstore", "actor", "mutexstore x16", "actor x16")},
		{"many watchers want every change", "`mutexstore`, unsharded", watchers.because("a write takes", "time", "mutexstore", "mutexstore x16", "actor")},
		{"at most one call in a hundred is a write", "`mutexstore`, unsharded if the cores are few", reads.because("a call takes", "time", "mutexstore", "mutexstore x16", "rwmap", "actor")},
		{"the longest wait during a mass expiry decides", "either engine, sharded or not", storm.because("a reader waits at most", "wait", "mutexstore", "actor", "rwmap", "otter")},
		{"several keys must change together", "either engine, unsharded", "a batch is seen whole or not at all within one store, and not across shards"},
		{"tests use a fake clock and callers wait for the store", "`actor`", "in testing/synctest a goroutine that waits for a channel is durably blocked; one that waits for a lock is not"},
		{"requests must be queued, counted, bounded or prioritized", "`actor`, with its loop changed", "its mailbox is a queue that the owner can see; goroutines that wait for a lock are invisible"},
		{"you need the highest hit ratio in a small cache", "otter or theine, not this store", churn.because("hits are", "hits", "mutexstore", "otter", "theine")},
	}
}

// because returns a reason with figures and the setting that they were measured
// in, or "" if there are none.
func (c Cell) because(what, metric string, implementations ...string) string {
	all := c.each(metric, implementations...)
	if all == "" {
		return ""
	}
	return fmt.Sprintf("%s %s (%s)", what, all, setting(c.Workload, c.distinctive()))
}

// distinctive returns the parameters of c without those that are usual.
func (c Cell) distinctive() []Param {
	usual := []Param{{"keys", "1000"}, {"dist", "uniform"}, {"value", "8"}}
	return slices.DeleteFunc(slices.Clone(c.Params), func(p Param) bool { return slices.Contains(usual, p) })
}

// first returns the first cell that has one of the choices of parameters, each
// written name=value; an earlier choice is preferred.
func (r *Result) first(workload string, choices ...[]string) Cell {
	for _, params := range choices {
		if c, ok := r.find(workload, params...); ok {
			return c
		}
	}
	return Cell{}
}
