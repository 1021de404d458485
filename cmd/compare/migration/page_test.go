package migration

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/yuin/goldmark"
	md "github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	table "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// A pageRow is a row of a table on the page: the code in its first two cells, and
// what the third says of the difference.
type pageRow struct {
	theirs, ours []string
	differs      string
}

// checkAgainst checks that the page shows the code that is run, and that it says
// "same" where the results are.
func (p pageRow) checkAgainst(t *testing.T, c pair, r results) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(p.theirs).NotTo(BeEmpty())
	for _, code := range p.theirs {
		g.Expect(c.theirs).To(ContainSubstring(squeeze(code)), "the page shows what is not run")
	}
	for _, code := range p.ours {
		g.Expect(c.ours).To(ContainSubstring(squeeze(code)), "the page shows what is not run")
	}
	isSame := reflect.DeepEqual(r.theirResult, r.ourResult)
	g.Expect(strings.HasPrefix(p.differs, "same")).To(Equal(isSame), "%q, for the results %v and %v", p.differs, r.theirResult, r.ourResult)
}

// squeeze removes the white space by which the page and gofmt may differ.
func squeeze(code string) string { return strings.Join(strings.Fields(code), " ") }

// pageRows returns the rows of the first table below a heading of the page.
func pageRows(t *testing.T, heading string) []pageRow {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "migration.md"))
	if err != nil {
		t.Fatal(err)
	}
	root := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	for node := root.FirstChild(); node != nil; node = node.NextSibling() {
		if h, ok := node.(*md.Heading); !ok || plain(h, source) != heading {
			continue
		}
		for ; node != nil; node = node.NextSibling() {
			if rows, ok := node.(*table.Table); ok {
				return rowsOf(rows, source)
			}
		}
	}
	t.Fatalf("the page has no table below a heading %q", heading)
	return nil
}

func rowsOf(t *table.Table, source []byte) []pageRow {
	var rows []pageRow
	for r := t.FirstChild().NextSibling(); r != nil; r = r.NextSibling() {
		theirs := r.FirstChild()
		ours := theirs.NextSibling()
		rows = append(rows, pageRow{spans(theirs, source), spans(ours, source), plain(ours.NextSibling(), source)})
	}
	return rows
}

// spans returns the code spans in a cell.
func spans(cell md.Node, source []byte) []string {
	var all []string
	md.Walk(cell, func(node md.Node, entering bool) (md.WalkStatus, error) {
		if c, ok := node.(*md.CodeSpan); ok && entering {
			all = append(all, plain(c, source))
		}
		return md.WalkContinue, nil
	})
	return all
}

// plain returns the text in a node.
func plain(node md.Node, source []byte) string {
	var b strings.Builder
	md.Walk(node, func(node md.Node, entering bool) (md.WalkStatus, error) {
		if s, ok := node.(*md.Text); ok && entering {
			b.Write(s.Segment.Value(source))
		}
		return md.WalkContinue, nil
	})
	return b.String()
}

// A pair is the source of a row's two functions.
type pair struct{ theirs, ours string }

// sourceOf returns the source of the rows in the variable called name.
func sourceOf(t *testing.T, name string) []pair {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		if o := file.Scope.Lookup(name); o != nil {
			return pairs(set, source, o.Decl.(*ast.ValueSpec).Values[0].(*ast.CompositeLit))
		}
	}
	t.Fatalf("no variable is called %s", name)
	return nil
}

func pairs(set *token.FileSet, source []byte, rows *ast.CompositeLit) []pair {
	code := func(e ast.Expr) string {
		return squeeze(string(source[set.Position(e.Pos()).Offset:set.Position(e.End()).Offset]))
	}
	var all []pair
	for _, r := range rows.Elts {
		fields := r.(*ast.CompositeLit).Elts
		all = append(all, pair{code(fields[0]), code(fields[1])})
	}
	return all
}
