package result

import "strings"

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
const AboutDecisions = "mutex is the engine of package mutexstore, actor that of package actor; x16 is NewSharded over 16 of them. " +
	"The advice is the project's, from its own measurements on two cores; the figures are this run's. Where they disagree, believe the figures."

// Decide returns the table to decide by.
func Decide(r *Result) []Decision {
	return []Decision{
		{"you do not know", "`mutexstore`", r.because("a call takes ", mixedCell(r, "reads=90", "callers=8"), "time", "mutex", "actor")},
		{"you have many cores and use mostly single keys", "`NewSharded` over `mutexstore`",
			r.because("64 callers that only write: a call takes ", mixedCell(r, "reads=0", "callers=64"), "time", "mutex x16", "mutex")},
		{"most calls carry many keys", "either engine, unsharded; measure", r.because("a key of a large batch takes ", batchCell(r), "time", "mutex", "actor", "mutex x16", "actor x16")},
		{"many watchers want every change", "`mutexstore`, unsharded", r.because("with 100 watchers a write takes ", watchersCell(r), "time", "mutex", "mutex x16", "actor")},
		{"at most one call in a hundred is a write", "`mutexstore`, unsharded if the cores are few",
			r.because("8 callers that only read: a call takes ", mixedCell(r, "reads=100", "callers=8"), "time", "mutex", "mutex x16", "rwmap", "actor")},
		{"the longest wait during a mass expiry decides", "either engine, sharded or not", r.because("a reader waits at most ", stormCell(r), "wait", "mutex", "actor", "rwmap", "otter")},
		{"several keys must change together", "either engine, unsharded", "a batch is seen whole or not at all within one store, and not across shards"},
		{"tests use a fake clock and callers wait for the store", "`actor`", "in testing/synctest a goroutine that waits for a channel is durably blocked; one that waits for a lock is not"},
		{"requests must be queued, counted, bounded or prioritized", "`actor`, with its loop changed", "its mailbox is a queue that the owner can see; goroutines that wait for a lock are invisible"},
		{"you need the highest hit ratio in a small cache", "otter or theine, not this store", r.because("hits are ", churnCell(r), "hits", "mutex", "otter", "theine")},
	}
}

// because returns a reason with figures, or "" if there are none.
func (r *Result) because(what string, c Cell, metric string, implementations ...string) string {
	if all := c.each(metric, implementations...); all != "" {
		return what + all
	}
	return ""
}

func mixedCell(r *Result, params ...string) Cell {
	c, _ := r.find("mixed", params...)
	return c
}

func batchCell(r *Result) Cell {
	_, c, _ := largestBatch(r)
	return c
}

func watchersCell(r *Result) Cell {
	c, _ := r.find("watchers", "watchers=100")
	return c
}

func stormCell(r *Result) Cell {
	c, _ := r.find("storm")
	return c
}

func churnCell(r *Result) Cell {
	c, _ := r.find("churn", "trace=zipf")
	return c
}
