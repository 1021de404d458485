package compare_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// A citation is the head of a text that names sentences of docs/contract.md, as
// in "12, 13: a loop yields each entry once". A leading slash separates the name
// of a subtest from that of its engine.
var citation = regexp.MustCompile(`^/?([1-9]\d?(?:, [1-9]\d?)*): `)

// TestContractIsCited checks that every sentence of the contract is cited by a case,
// and that no case cites a sentence that does not exist.
func TestContractIsCited(t *testing.T) {
	g := NewWithT(t)
	sentences := contractSentences(g)
	cited, err := citations("..")
	g.Expect(err).NotTo(HaveOccurred())
	for n := 1; n <= sentences; n++ {
		if len(cited.cases[n]) == 0 {
			t.Errorf("no case cites sentence %d of docs/contract.md", n)
		}
	}
	for n, places := range cited.all {
		if n < 1 || n > sentences {
			t.Errorf("docs/contract.md has no sentence %d, which is cited at %v", n, places)
		}
	}
}

// contractSentences returns how many sentences the page has, numbered from 1 in order.
func contractSentences(g Gomega) (n int) {
	page, err := os.ReadFile("../docs/contract.md")
	g.Expect(err).NotTo(HaveOccurred())
	for _, line := range regexp.MustCompile(`(?m)^(\d+)\. \S`).FindAllStringSubmatch(string(page), -1) {
		n++
		g.Expect(line[1]).To(Equal(strconv.Itoa(n)), "the sentences are numbered in order")
	}
	g.Expect(n).NotTo(BeZero())
	return n
}

// citing holds the places at which each sentence is cited: by the names of cases,
// and anywhere.
type citing struct {
	cases, all map[int][]string
}

// citations collects the citations of the tests of the module at root, and from package
// compare, which holds the suite. Nested modules are left out.
func citations(root string) (citing, error) {
	found := citing{map[int][]string{}, map[int][]string{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			_, nested := os.Stat(filepath.Join(path, "go.mod"))
			if path != root && nested == nil || d.Name() == "testdata" || path != root && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
		case strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".go") && filepath.Dir(path) == filepath.Join(root, "compare"):
			return found.file(path, nil)
		}
		return nil
	})
	return found, err
}

// file adds the citations of one file, whose source is src or what path holds.
func (c citing) file(path string, src any) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.ParseComments)
	if err != nil {
		return err
	}
	add := func(to map[int][]string, text string, pos token.Pos) {
		m := citation.FindStringSubmatch(text)
		if m == nil {
			return
		}
		for _, number := range strings.Split(m[1], ", ") {
			n, _ := strconv.Atoi(number)
			at := set.Position(pos)
			to[n] = append(to[n], fmt.Sprintf("%s:%d", at.Filename, at.Line))
		}
	}
	for _, comment := range file.Comments {
		add(c.all, comment.Text(), comment.Pos())
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			if node.Doc != nil && (strings.HasPrefix(node.Name.Name, "Test") || strings.HasPrefix(node.Name.Name, "Fuzz")) {
				add(c.cases, node.Doc.Text(), node.Doc.Pos())
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(node.Value); err == nil && node.Kind == token.STRING {
				add(c.all, text, node.Pos())
			}
		case *ast.CallExpr:
			if name := caseName(node); name != nil {
				text, _ := strconv.Unquote(name.Value)
				add(c.cases, text, name.Pos())
			}
		case *ast.CompositeLit: // a row of a table of cases
			if name := firstString(node.Elts); name != nil {
				text, _ := strconv.Unquote(name.Value)
				add(c.cases, text, name.Pos())
			}
		}
		return true
	})
	return nil
}

// caseName returns the string that names a case of the suite (add, addInBubble) or a
// subtest (Run), or nil.
func caseName(call *ast.CallExpr) *ast.BasicLit {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if ok && slices.Contains([]string{"add", "addInBubble", "Run"}, fun.Sel.Name) {
		return firstString(call.Args)
	}
	return nil
}

// firstString returns the string literal of the first expression, which may be a sum
// of a literal and a variable, or the format of a Sprintf; nil if there is none.
func firstString(all []ast.Expr) *ast.BasicLit {
	if len(all) == 0 {
		return nil
	}
	switch first := all[0].(type) {
	case *ast.BinaryExpr:
		if literal := firstString([]ast.Expr{first.X}); literal != nil {
			return literal
		}
		return firstString([]ast.Expr{first.Y})
	case *ast.CallExpr:
		return firstString(first.Args)
	case *ast.BasicLit:
		if first.Kind == token.STRING {
			return first
		}
	}
	return nil
}

func TestCitationsAreFoundWhereCasesAreNamed(t *testing.T) {
	g := NewWithT(t)
	found := citing{map[int][]string{}, map[int][]string{}}
	g.Expect(found.file("sample.go", `package sample

// 1, 2: of a test.
func TestOne(t *testing.T) {
	c.with(Feed).add("3: of a case", func() { Expect(1).To(Equal(1), "4: of an assertion") })
	t.Run(e.Name+"/5: of a subtest", func(t *testing.T) {})
	c.addInBubble("8: of a case of "+name, nil)
	for range []row{{"6, 7: of a row", run}, {"none 8: elsewhere", run}} {
	}
	// 9: of a comment
	fmt.Sprint("10 is no citation", "11:neither")
}
`)).To(Succeed())
	numbers := func(of map[int][]string) (all []int) {
		for n := range of {
			all = append(all, n)
		}
		return all
	}
	g.Expect(numbers(found.cases)).To(ConsistOf(1, 2, 3, 5, 6, 7, 8))
	g.Expect(numbers(found.all)).To(ConsistOf(1, 2, 3, 4, 5, 6, 7, 8, 9))
	g.Expect(found.cases[3]).To(ConsistOf("sample.go:5"))
}
