package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/yuin/goldmark/ast"
	gfm "github.com/yuin/goldmark/extension/ast"
	"golang.org/x/tools/go/packages"
)

// unpinned are repositories that features.md refers to and go.mod does not.
var unpinned = []string{"viccon/sturdyc", "ben-manes/caffeine"}

var (
	documentation = regexp.MustCompile(`^https://pkg\.go\.dev/([^@]+)@(v[^/]+)(/.*)?$`)
	sourceFile    = regexp.MustCompile(`^https://github\.com/([^/]+/[^/]+)/blob/([^/]+)/(.+)$`)
)

// A pinned is a module in the version of go.mod.
type pinned struct{ version, dir string }

// pinnedModules returns the modules whose documentation p links to, by the names of
// their repositories. It checks that the versions are those of go.mod.
func pinnedModules(g Gomega, p parsedPage) map[string]pinned {
	versions := map[string]string{} // by package
	p.each(func(n ast.Node) {
		if l, ok := n.(*ast.Link); ok {
			if m := documentation.FindStringSubmatch(string(l.Destination)); m != nil && !slices.Contains(unpinned, repository(m[1])) {
				versions[m[1]+m[3]] = m[2]
			}
		}
	})
	var paths []string
	for path := range versions {
		paths = append(paths, path)
	}
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedModule}, paths...)
	g.Expect(err).NotTo(HaveOccurred())
	modules := map[string]pinned{}
	for _, l := range loaded {
		g.Expect(l.Module).NotTo(BeNil(), l.PkgPath)
		g.Expect(versions[l.PkgPath]).To(Equal(l.Module.Version), "%s: the version is that of go.mod", l.PkgPath)
		modules[repository(l.PkgPath)] = pinned{strings.TrimSuffix(l.Module.Version, "+incompatible"), l.Module.Dir}
	}
	return modules
}

// repository returns the owner and the name in an import path.
func repository(path string) string {
	parts := strings.Split(path, "/")
	return parts[1] + "/" + parts[2]
}

// features returns the page that compares features.
func features(t *testing.T) parsedPage {
	path := filepath.Join(top, "docs", "features.md")
	return parsed(t)[path]
}

// What a reference of the feature tables says is in the file that it links to: the name
// of a test of this project, or words of another one, in the version of go.mod.
func TestFeaturesAreBacked(t *testing.T) {
	g := NewWithT(t)
	p := features(t)
	modules := pinnedModules(g, p)
	tests, quotes := 0, 0
	p.each(func(n ast.Node) {
		l, ok := n.(*ast.Link)
		if !ok || len(l.Title) == 0 {
			return
		}
		to, words := string(l.Destination), string(l.Title)
		file := filepath.Join(top, "docs", to)
		if m := sourceFile.FindStringSubmatch(to); m != nil {
			if slices.Contains(unpinned, m[1]) {
				return
			}
			module := modules[m[1]]
			g.Expect(m[2]).To(Equal(module.version), to)
			file = filepath.Join(module.dir, m[3])
			quotes++
		} else {
			tests++
		}
		source, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred(), to)
		if strings.HasPrefix(words, "Test") {
			words = "func " + words + "("
		}
		g.Expect(strings.Contains(string(source), words)).To(BeTrue(), "%s has no %q", to, words)
	})
	g.Expect(tests).To(BeNumerically(">", 50))
	g.Expect(quotes).To(BeNumerically(">", 100))
}

// Every cell of the feature tables has a reference, or says no or that the question does
// not arise.
func TestEveryFeatureHasAReference(t *testing.T) {
	g := NewWithT(t)
	p := features(t)
	cells := 0
	p.each(func(n ast.Node) {
		row, ok := n.(*gfm.TableRow)
		if !ok || p.text(row.Parent().FirstChild().FirstChild().NextSibling()) != "lastmodstore" {
			return
		}
		for cell := row.FirstChild().NextSibling(); cell != nil; cell = cell.NextSibling() {
			cells++
			backed := hasReference(cell) || slices.Contains([]string{"no", "–"}, p.text(cell))
			g.Expect(backed).To(BeTrue(), "%s: %q", p.text(row.FirstChild()), p.text(cell))
		}
	})
	g.Expect(cells).To(BeNumerically(">", 250))
}

// text returns the source of a cell.
func (p parsedPage) text(cell ast.Node) string {
	return strings.TrimSpace(string(cell.Lines().Value(p.source)))
}

// hasReference reports whether a link with a title is in n.
func hasReference(n ast.Node) (has bool) {
	parsedPage{root: n}.each(func(n ast.Node) {
		if l, ok := n.(*ast.Link); ok && len(l.Title) > 0 {
			has = true
		}
	})
	return has
}
