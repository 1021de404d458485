package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"

	_ "github.com/prometheus/client_golang/prometheus" // a recipe uses it
	"golang.org/x/tools/go/packages"
)

// known are the packages that a block may use without importing them.
var known = map[string]string{
	"lastmodstore": "github.com/lastmodstore/lastmodstore",
	"actor":        "github.com/lastmodstore/lastmodstore/actor",
	"mutexstore":   "github.com/lastmodstore/lastmodstore/mutexstore",
	"prometheus":   "github.com/prometheus/client_golang/prometheus",
	"context":      "context",
	"fmt":          "fmt",
	"log":          "log",
	"sync":         "sync",
	"time":         "time",
}

// given declares the variables that a block may use without declaring them.
const given = "\nvar ctx = context.Background()\n"

// A compiler type-checks pieces of Go: declarations or statements.
type compiler struct{ imports map[string]*types.Package }

func (c compiler) Import(path string) (*types.Package, error) {
	if p := c.imports[path]; p != nil {
		return p, nil
	}
	return nil, errors.New("blocks may not import " + path)
}

func newCompiler(t *testing.T) compiler {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile},
		slices.Sorted(maps.Values(known))...)
	if err != nil {
		t.Fatal(err)
	}
	c := compiler{map[string]*types.Package{}}
	for _, p := range loaded {
		for _, e := range p.Errors {
			t.Fatal(e)
		}
		c.imports[p.PkgPath] = p.Types
	}
	return c
}

// check returns the errors in a piece, except for unused variables and imports.
func (c compiler) check(piece string) error {
	file, set, err := parse(piece)
	if err != nil {
		return err
	}
	var wrong []error
	config := types.Config{Importer: c, Error: func(err error) {
		if e, ok := err.(types.Error); !ok || !e.Soft {
			wrong = append(wrong, err)
		}
	}}
	config.Check("block", set, []*ast.File{file}, nil) // its errors went to config.Error
	return errors.Join(wrong...)
}

// parse adds what a piece leaves out: the package, the imports, a function around
// statements. It adds nothing to a complete file.
func parse(piece string) (*ast.File, *token.FileSet, error) {
	if strings.HasPrefix(piece, "package ") {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "", piece, 0)
		return file, set, err
	}
	body := piece + given
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package block\n"+body, 0); err != nil {
		body = "func _() {\n" + piece + "\n}" + given
	}
	first, err := parser.ParseFile(token.NewFileSet(), "", "package block\n"+body, 0)
	if err != nil {
		return nil, nil, err
	}
	var imports strings.Builder
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if slices.ContainsFunc(first.Unresolved, func(id *ast.Ident) bool { return id.Name == name }) {
			imports.WriteString("import \"" + known[name] + "\"\n")
		}
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", "package block\n"+imports.String()+body, 0)
	return file, set, err
}
