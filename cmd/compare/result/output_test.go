package result_test

import (
	"bytes"
	"flag"
	"os"
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

// Every sample is there for benchstat, under its implementation and its unit.
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
	g.Expect(b.String()).To(MatchRegexp(`BenchmarkLatency/rate=20000/sweep=yes/engine=mutex-2 .* us .* read-p99-us .* read-p99.9-us .* read-max-us .* write-p50-us .* write-max-us`))
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
		text, _, _ := strings.Cut(c.String(), " (")
		found = append(found, text)
	}
	g.Expect(found).To(ConsistOf(
		"mixed reads=90 keys=1000: mutex x16 overtakes mutex between callers=1 and 8",
		"mixed reads=90 keys=1000: mutex x16 overtakes otter between callers=1 and 8",
		"batch op=SetMany: actor in batches overtakes mutex one by one between batch=1 and 100",
		"batch op=SetMany: mutex in batches overtakes mutex one by one between batch=1 and 100",
	))
}
