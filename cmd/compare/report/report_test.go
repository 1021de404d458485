package report_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/report"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// charts is how many the canned result has: two axes and a call, and the cells of
// seven workloads by their metrics.
const charts = 2 + 1 + 3 + 2 + 2 + 3 + 4 + 3 + 2

func canned(t *testing.T) *result.Result {
	t.Helper()
	f, err := os.Open("../result/testdata/canned.json")
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

// The page has all that a reader needs to repeat the run and to doubt it, as text.
func TestPageTells(t *testing.T) {
	g := NewWithT(t)
	r := canned(t)
	r.Interrupted = true
	var b bytes.Buffer
	g.Expect(report.Write(&b, r)).To(Succeed())
	for _, want := range []string{
		"A processor &lt;&amp;&gt;", "GOMAXPROCS=2", "go1.26.8", "0123456789abcdef", "compare -rounds 8", "0.10 0.20 0.30",
		"actor 100", "was interrupted", "Between 1 and 8 callers, mutexstore x16 becomes faster than mutexstore: from 1.51 to 0.715 times its time", "no difference shown",
		"has no call for many keys", "otter</b> (third-party cache v2.4.0)", "95 % confidence", "vs rwmap",
		"<b>Single calls.</b> With one caller and nine reads to a write, a call takes 61.3 ns in mutexstore, 394 ns in actor, ",
	} {
		g.Expect(b.String()).To(ContainSubstring(want))
	}
	g.Expect(b.String()).NotTo(MatchRegexp(`(src|href)="?https?:`), "it needs no network")
}

// The page says what the result means before how it was measured.
func TestPageBeginsWithWhatItMeans(t *testing.T) {
	g := NewWithT(t)
	var b bytes.Buffer
	g.Expect(report.Write(&b, canned(t))).To(Succeed())
	var places []int
	for _, id := range []string{"meaning", "decide", "crossovers", "read", "mixed", "run"} {
		places = append(places, strings.Index(b.String(), `id="`+id+`"`))
	}
	g.Expect(places).To(HaveEach(BeNumerically(">", 0)))
	g.Expect(slices.IsSorted(places)).To(BeTrue(), "%v", places)
}

// A workload that the report does not know gets a line chart if three cells lie
// along an axis, and a bar chart for each cell.
func TestUnknownWorkloadIsCharted(t *testing.T) {
	g := NewWithT(t)
	r := &result.Result{}
	for i, size := range []string{"1", "30", "5000"} {
		c := result.Cell{Workload: "novel", Params: []result.Param{{Name: "op", Value: "Add"}, {Name: "size", Value: size}}, Baseline: "one"}
		for j, name := range []string{"one", "another"} {
			samples := []float64{float64(100*i + j), float64(1e5*i + 2*j), 1e7}
			c.Rows = append(c.Rows, result.Row{Implementation: name, Metrics: []result.Metric{{Name: "time", Unit: "ns/op", Samples: samples}}})
		}
		r.Cells = append(r.Cells, c)
	}
	all := report.SVGs(r)
	g.Expect(all).To(HaveLen(1 + 3))
	line := string(all["novel-opAdd-by-size"])
	g.Expect(line).To(ContainSubstring(">another</text>"))
	g.Expect(line).To(ContainSubstring(">5k</text>"))
	g.Expect(line).To(ContainSubstring(">10M</text>"))
	g.Expect(line).NotTo(MatchRegexp(`NaN|Inf|[0-9]e[+-]?[0-9]`))
	g.Expect(report.Write(io.Discard, r)).To(Succeed())
}

// A run that is interrupted at once has measured nothing.
func TestEmptyResultHasAPage(t *testing.T) {
	g := NewWithT(t)
	var b bytes.Buffer
	g.Expect(report.Write(&b, &result.Result{Interrupted: true})).To(Succeed())
	g.Expect(b.String()).To(ContainSubstring("Not measured in this run: single calls, readers, batches, sweep, memory."))
}

func TestOneCallIsDrawnFromItsParts(t *testing.T) {
	g := NewWithT(t)
	svg := string(report.SVGs(canned(t))["one-call"])
	for _, want := range []string{"Actor: 400 ns", "Map behind a read lock: 46.6 ns", "mutexstore, read without a lock: 52.7 ns", "send it, wake the owner: 1.. ns .<", "look up, read the clock: 3... ns<"} {
		g.Expect(svg).To(MatchRegexp(want))
	}
	without := canned(t)
	without.Cells = slices.DeleteFunc(without.Cells, func(c result.Cell) bool { return c.Param("of") == "lock" })
	g.Expect(report.SVGs(without)).NotTo(HaveKey("one-call"))
}

func TestSVGsAreWellFormed(t *testing.T) {
	g := NewWithT(t)
	all := report.SVGs(canned(t))
	g.Expect(all).To(HaveLen(charts))
	for name, svg := range all {
		d := xml.NewDecoder(bytes.NewReader(svg))
		texts := []string{}
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			g.Expect(err).NotTo(HaveOccurred(), name)
			if c, ok := token.(xml.CharData); ok && strings.TrimSpace(string(c)) != "" {
				texts = append(texts, strings.TrimSpace(string(c)))
			}
		}
		g.Expect(texts).To(ContainElement(MatchRegexp(`^[\w. ]+(,|[0-9]) (ns|µs|ms|B/|%)`)), "%s: an axis has its unit", name)
		g.Expect(texts).NotTo(ContainElement(MatchRegexp(`^[0-9.]+e[+-]`)), name)
	}
}
