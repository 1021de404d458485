package result_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/perf/benchfmt"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func canned(t *testing.T) *result.Result {
	t.Helper()
	f, err := os.Open("testdata/canned.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := result.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	NewWithT(t).Expect(string(got)).To(Equal(string(want)), "go test -update rewrites %s", path)
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	NewWithT(t).Expect(result.WriteText(&b, canned(t))).To(Succeed())
	golden(t, "testdata/canned.txt", b.Bytes())
}

func TestTextOfAnInterruptedRunSaysSo(t *testing.T) {
	var b bytes.Buffer
	r := canned(t)
	r.Interrupted = true
	g := NewWithT(t)
	g.Expect(result.WriteText(&b, r)).To(Succeed())
	g.Expect(b.String()).To(ContainSubstring("INTERRUPTED"))
}

func TestFigure(t *testing.T) {
	g := NewWithT(t)
	for x, want := range map[float64]string{0: "0", 0.00004: "0.0000", 0.0123: "0.0123", 1.005: "1.00", 45.67: "45.7", 456.7: "457", 45678: "45678", -1.5: "-1.50"} {
		g.Expect(result.Figure(x)).To(Equal(want))
	}
}

// Every sample is in the output for benchstat, under its implementation and unit.
func TestBenchIsReadBack(t *testing.T) {
	g := NewWithT(t)
	r := canned(t)
	var b bytes.Buffer
	g.Expect(result.WriteBench(&b, r)).To(Succeed())
	golden(t, "testdata/canned.bench", b.Bytes())
	reader := benchfmt.NewReader(&b, "canned")
	samples := map[string][]float64{}
	for reader.Scan() {
		line, ok := reader.Result().(*benchfmt.Result)
		g.Expect(ok).To(BeTrue(), "%v", reader.Result())
		g.Expect(line.GetConfig("commit")).To(Equal(r.Commit))
		for _, v := range line.Values {
			key := string(line.Name) + " " + v.Unit
			samples[key] = append(samples[key], v.Value)
			if v.OrigUnit != "" {
				samples[string(line.Name)+" "+v.OrigUnit] = append(samples[string(line.Name)+" "+v.OrigUnit], v.OrigValue)
			}
		}
	}
	g.Expect(reader.Err()).NotTo(HaveOccurred())
	want, _ := r.Cells[0].Rows[4].Metric("time")
	g.Expect(samples).To(HaveKeyWithValue("Mixed/reads=90/callers=1/keys=1000/engine=otter-2 ns/op", want.Samples))
	want, _ = r.Cells[0].Rows[4].Metric("misses")
	g.Expect(samples).To(HaveKeyWithValue("Mixed/reads=90/callers=1/keys=1000/engine=otter-2 %", want.Samples))
}

// The latency of reads and that of writes have units of their own.
func TestBenchSeparatesReadsAndWrites(t *testing.T) {
	g := NewWithT(t)
	var b bytes.Buffer
	g.Expect(result.WriteBench(&b, canned(t))).To(Succeed())
	g.Expect(b.String()).To(MatchRegexp(`BenchmarkLatency/rate=20000/sweep=yes/engine=mutexstore-2 .* us .* read-p99-us .* read-p99.9-us .* read-max-us .* write-p50-us .* write-max-us`))
}

func TestJSONIsReadBack(t *testing.T) {
	g := NewWithT(t)
	r := canned(t)
	var b bytes.Buffer
	g.Expect(r.Write(&b)).To(Succeed())
	g.Expect(result.Read(&b)).To(Equal(r))
	_, err := result.Read(strings.NewReader(`{"a": 1}`))
	g.Expect(err).To(MatchError(ContainSubstring("this is not a result of compare")))
}

func TestCrossovers(t *testing.T) {
	g := NewWithT(t)
	var found []string
	for _, c := range result.Crossovers(canned(t)) {
		found = append(found, c.String())
	}
	g.Expect(found).To(ConsistOf(
		"Between 1 and 8 callers, mutexstore x16 becomes faster than mutexstore: from 1.51 to 0.715 times its time (mixed, 90 % reads, 1,000 keys).",
		"Between 1 and 8 callers, mutexstore x16 becomes faster than otter: from 1.26 to 0.915 times its time (mixed, 90 % reads, 1,000 keys).",
		"Between batches of 1 and 100, actor in batches becomes faster than mutexstore one by one: from 6.55 to 0.822 times its time (batch, SetMany).",
		"Between batches of 1 and 100, mutexstore in batches becomes faster than mutexstore one by one: from 1.00 to 0.762 times its time (batch, SetMany).",
	))
}

// The importance of a crossover is the cost of the cheaper of its two wrong choices.
// Extreme settings are last, and the top has a pair of designs once for an axis.
func TestRank(t *testing.T) {
	g := NewWithT(t)
	crossing := func(a, b, reads string, before, after float64) result.Crossover {
		return result.Crossover{A: a, B: b, Axis: "callers", Fixed: []result.Param{{Name: "reads", Value: reads}},
			Before: result.Estimate{Value: before}, After: result.Estimate{Value: after}}
	}
	slight := crossing("a", "b", "90", 9, 0.99)
	extreme := crossing("a", "c", "0", 9, 0.1)
	strong := crossing("a", "d", "90", 2, 0.5)
	again := crossing("d", "a", "50", 1.5, 0.5)
	top, rest := result.Rank([]result.Crossover{slight, extreme, again, strong})
	g.Expect(top).To(Equal([]result.Crossover{strong, slight, extreme}))
	g.Expect(rest).To(Equal([]result.Crossover{again}))
}

func TestMeaning(t *testing.T) {
	g := NewWithT(t)
	found, missing := result.Meaning(canned(t))
	g.Expect(missing).To(BeEmpty())
	var sentences []string
	for _, f := range found {
		sentences = append(sentences, f.Text)
	}
	g.Expect(sentences).To(Equal([]string{
		"With one caller and nine reads to a write, a call takes 61.3 ns in mutexstore, 394 ns in actor, 54.6 ns in rwmap and 73.7 ns in otter; actor takes 6.43 times as long as mutexstore.",
		"With 8 callers and nine reads to a write, a call takes 97.3 ns in mutexstore, 404 ns in actor, 91.9 ns in rwmap and 76.0 ns in otter; mutexstore takes 1.06 times as long as rwmap.",
		"In batches of 100, a write takes 45.7 ns in mutexstore and 49.3 ns in actor for each key; one at a time, it takes 59.9 ns in mutexstore and 393 ns in actor.",
		"While expired entries are swept, at 20,000 calls per second, one read in a thousand takes longer than 266 µs in mutexstore and 2.28 ms in rwmap.",
		"An entry takes 96.3 B in actor and 65.5 B in rwmap; at most a second after all have expired, what is still held of the peak is 0.483 % in actor and 0 % in rwmap.",
	}))
}

// A run of some workloads says what its summary lacks, and gives no figures for it.
func TestSummaryOfAPartialRun(t *testing.T) {
	g := NewWithT(t)
	r := canned(t)
	r.Cells = slices.DeleteFunc(r.Cells, func(c result.Cell) bool { return c.Workload != "batch" })
	var b bytes.Buffer
	g.Expect(result.WriteText(&b, r)).To(Succeed())
	g.Expect(b.String()).To(ContainSubstring("  Batches. In batches of 100, "))
	g.Expect(b.String()).To(ContainSubstring("  (not measured: single calls, readers, sweep, memory)\n"))
	g.Expect(b.String()).To(ContainSubstring("  (6 more in the report that -html writes; their figures were not measured)\n"))
	g.Expect(b.String()).NotTo(ContainSubstring("you do not know"))
}

func TestDecide(t *testing.T) {
	g := NewWithT(t)
	reasons := map[string]string{}
	for _, d := range result.Decide(canned(t)) {
		reasons[d.If] = d.Use + ": " + d.Reason()
	}
	g.Expect(reasons).To(HaveLen(10))
	g.Expect(reasons).To(HaveKeyWithValue("you do not know", "`mutexstore`: a call takes 97.3 ns in mutexstore and 404 ns in actor (mixed, 90 % reads, 8 callers)"))
	g.Expect(reasons).To(HaveKeyWithValue("many watchers want every change", "`mutexstore`, unsharded: not measured in this run"))
}
