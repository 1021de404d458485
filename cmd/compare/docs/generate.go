package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/lastmodstore/lastmodstore/cmd/compare/report"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// A file is a file of the repository with the content that it should have.
type file struct {
	path    string
	content []byte
	changed bool // differs from what is there
}

// pages returns the paths of the pages that may quote.
func pages(top string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	return append(all, filepath.Join(top, "README.md")), err
}

// readResult reads the committed result.
func readResult(top string) (*result.Result, error) {
	f, err := os.Open(filepath.Join(top, "docs", "results", "compare.json"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return result.Read(f)
}

// generate returns every page, and the charts that they show.
func generate(top string) ([]file, error) {
	r, err := readResult(top)
	if err != nil {
		return nil, err
	}
	paths, err := pages(top)
	if err != nil {
		return nil, err
	}
	var files []file
	var shown []string
	for _, path := range paths {
		old, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		page, err := quoteAll(r, old)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, file{path, page, !bytes.Equal(page, old)})
		for _, m := range chart.FindAllSubmatch(page, -1) {
			shown = append(shown, string(m[1]))
		}
	}
	slices.Sort(shown)
	charts, err := chartFiles(top, r, slices.Compact(shown))
	return append(files, charts...), err
}

// chart matches a page's link to a chart.
var chart = regexp.MustCompile(`results/([^)\s/]+)\.svg\)`)

func chartFiles(top string, r *result.Result, shown []string) ([]file, error) {
	svgs := report.SVGs(r)
	var files []file
	for _, name := range shown {
		svg, ok := svgs[name]
		if !ok {
			return nil, fmt.Errorf("a page shows results/%s.svg, and there is no such chart; there are %q", name, slices.Sorted(maps.Keys(svgs)))
		}
		path := filepath.Join(top, "docs", "results", name+".svg")
		old, _ := os.ReadFile(path) // a missing one is written
		files = append(files, file{path, svg, !bytes.Equal(svg, old)})
	}
	return files, nil
}
