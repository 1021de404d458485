package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

const top = "../../.."

// Every figure and chart of the pages is what the committed result says.
func TestPagesAreUpToDate(t *testing.T) {
	g := NewWithT(t)
	files, err := generate(top)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(files)).To(BeNumerically(">", 5))
	var paths []string
	for _, f := range files {
		paths = append(paths, f.path)
		g.Expect(f.changed).To(BeFalse(), "%s is not what the committed result says: run make docs", f.path)
	}
	kept, err := filepath.Glob(filepath.Join(top, "docs", "results", "*.svg"))
	g.Expect(err).NotTo(HaveOccurred())
	for _, path := range kept {
		g.Expect(paths).To(ContainElement(path), "no page shows %s", path)
	}
}

// measured matches a figure with a unit that compare measures in.
var measured = regexp.MustCompile(`[0-9][0-9.,]* ?(ns|µs|ms|times as|B/entry)\b`)

// All figures of the study are quoted; none is typed by hand.
func TestTheStudyQuotesEveryFigure(t *testing.T) {
	for _, name := range []string{"tradeoffs.md", "actor.md", "mutexstore.md", "compare.md", "README.md"} {
		g := NewWithT(t)
		page, err := os.ReadFile(filepath.Join(top, "docs", name))
		g.Expect(err).NotTo(HaveOccurred())
		rest := quoted.ReplaceAll(page, nil)
		g.Expect(measured.FindAllString(string(rest), -1)).To(BeEmpty(), name)
	}
}

func TestQuote(t *testing.T) {
	g := NewWithT(t)
	f, err := os.Open("../result/testdata/canned.json")
	g.Expect(err).NotTo(HaveOccurred())
	defer f.Close()
	r, err := result.Read(f)
	g.Expect(err).NotTo(HaveOccurred())
	for ask, want := range map[string]string{
		"time of actor in mixed callers=1":                  "394 ns",
		"time of actor over rwmap in mixed callers=1":       "7.22",
		"time of mutexstore over rwmap in mixed callers=64": "0.999 (no difference shown)",
		"commit": "`0123456789abcdef`",
		"date":   "2026-11-23",
		"table time by callers of actor, nobody in mixed": "\n| callers | actor | nobody |\n|---|---:|---:|\n| 1 | 394 ns | – |\n| 8 | 404 ns | – |\n| 64 | 420 ns | – |\n",
		"table wait, left of all in storm":                "\n|  | wait | left |\n|---|---:|---:|\n| actor | 0.303 ms | 0.483 % |\n| rwmap | 36.3 ms | 0 % |\n",
		"crossovers churn":                                "\n\n- none\n\n",
		"crossovers batch": "\n\n" +
			"- Between batches of 1 and 100, actor in batches becomes faster than mutexstore one by one: from 6.55 to 0.822 times its time (batch, SetMany).\n" +
			"- Between batches of 1 and 100, mutexstore in batches becomes faster than mutexstore one by one: from 1.00 to 0.762 times its time (batch, SetMany).\n\n",
	} {
		g.Expect(quote(r, ask)).To(Equal(want), ask)
	}
	for ask, want := range map[string]string{
		"time of actor in mixed":              "3 cells are",
		"time of nobody in mixed callers=1":   "has no time of nobody",
		"time of actor over nobody in storm":  "has no time of actor",
		"time of actor":                       "METRIC of IMPLEMENTATION in CELL",
		"table time by callers of all in mix": "no cell is",
		"table p50 of all in storm":           `has no metric "p50"; it has ["wait"`,
	} {
		_, err := quote(r, ask)
		g.Expect(err).To(MatchError(ContainSubstring(want)), ask)
	}
	meant, err := quote(r, "meaning")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(meant).To(ContainSubstring("- **Batches.** In batches of 100, a write takes 45.7 ns in mutexstore"))
	decided, err := quote(r, "decide")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(decided).To(ContainSubstring("| you do not know | `mutexstore` | a call takes 97.3 ns in mutexstore and 404 ns in actor (mixed, 90 % reads, 8 callers) |\n"))
	page := []byte("a <!--= date -->old<!--/--> b <!--= commit --><!--/-->")
	g.Expect(quoteAll(r, page)).To(BeEquivalentTo("a <!--= date -->2026-11-23<!--/--> b <!--= commit -->`0123456789abcdef`<!--/-->"))
}

// A parsedPage is a Markdown file and its syntax tree.
type parsedPage struct {
	path   string
	source []byte
	root   ast.Node
}

func parsed(t *testing.T) map[string]parsedPage {
	t.Helper()
	paths, err := pages(top)
	if err != nil {
		t.Fatal(err)
	}
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	all := map[string]parsedPage{}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = parsedPage{path, source, md.Parser().Parse(text.NewReader(source))}
	}
	return all
}

// each calls f with every node of p.
func (p parsedPage) each(f func(ast.Node)) {
	ast.Walk(p.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			f(n)
		}
		return ast.WalkContinue, nil
	})
}

func (p parsedPage) anchors() (all []string) {
	p.each(func(n ast.Node) {
		if h, ok := n.(*ast.Heading); ok {
			if id, ok := h.AttributeString("id"); ok {
				all = append(all, string(id.([]byte)))
			}
		}
	})
	return all
}

// The target of every link inside the repository exists.
func TestNoLinkIsDead(t *testing.T) {
	g := NewWithT(t)
	all := parsed(t)
	links := 0
	for _, p := range all {
		p.each(func(n ast.Node) {
			var to string
			switch n := n.(type) {
			case *ast.Link:
				to = string(n.Destination)
			case *ast.Image:
				to = string(n.Destination)
			}
			if to == "" || strings.Contains(to, "://") {
				return
			}
			links++
			name, anchor, _ := strings.Cut(to, "#")
			target := p.path
			if name != "" {
				target = filepath.Join(filepath.Dir(p.path), name)
				_, err := os.Stat(target)
				g.Expect(err).NotTo(HaveOccurred(), "%s links to %s", p.path, to)
			}
			if anchor != "" {
				g.Expect(all[target].root).NotTo(BeNil(), "%s links to %s", p.path, to)
				g.Expect(all[target].anchors()).To(ContainElement(anchor), "%s links to %s", p.path, to)
			}
		})
	}
	g.Expect(links).To(BeNumerically(">", 20))
}

// Every block of Go compiles.
func TestGoBlocksCompile(t *testing.T) {
	g := NewWithT(t)
	c := newCompiler(t)
	blocks := 0
	for _, p := range parsed(t) {
		p.each(func(n ast.Node) {
			block, ok := n.(*ast.FencedCodeBlock)
			if !ok || string(block.Language(p.source)) != "go" {
				return
			}
			blocks++
			var b bytes.Buffer
			for i := range block.Lines().Len() {
				line := block.Lines().At(i)
				b.Write(line.Value(p.source))
			}
			g.Expect(c.check(b.String())).To(Succeed(), fmt.Sprintf("%s:\n%s", p.path, b.String()))
		})
	}
	g.Expect(blocks).To(BeNumerically(">=", 2))
	g.Expect(c.check("s := actor.New[string, int](0)\ns.Sit(1)")).To(MatchError(ContainSubstring("Sit")))
	g.Expect(c.check("func f() { nobody.Knows() }")).To(MatchError(ContainSubstring("nobody")))
}
