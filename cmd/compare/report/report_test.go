package report_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/report"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

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

// The page has all that a reader needs to repeat and to doubt the run, as text.
func TestPageTells(t *testing.T) {
	g := NewWithT(t)
	r := canned(t)
	r.Interrupted = true
	var b bytes.Buffer
	g.Expect(report.Write(&b, r)).To(Succeed())
	for _, want := range []string{
		"A processor &lt;&amp;&gt;", "GOMAXPROCS=2", "go1.26.8", "0123456789abcdef", "compare -rounds 8", "0.10 0.20 0.30",
		"actor 100", "was interrupted", "mutex x16 overtakes mutex between callers=1 and 8", "no difference shown",
		"has no call for many keys", "otter</b> (third-party cache v2.4.0)", "95 % confidence",
	} {
		g.Expect(b.String()).To(ContainSubstring(want))
	}
	g.Expect(b.String()).NotTo(MatchRegexp(`(src|href)="?https?:`), "it needs no network")
}

func TestSVGsAreWellFormed(t *testing.T) {
	g := NewWithT(t)
	all, err := report.SVGs(canned(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(all).To(HaveLen(1 + 3 + 2 + 2 + 3 + 4)) // an axis, and the cells of five workloads by their metrics
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
		g.Expect(texts).To(ContainElement(MatchRegexp(`^[\w. ]+, (ns|us|ms|B/|%)`)), "%s: an axis has its unit", name)
	}
}
