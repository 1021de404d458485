// Command wording reports words that style rules out, in the comments of Go files
// and in the prose of Markdown files, each with what to write instead. Run it by
// make lint.
package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	top := "."
	if len(os.Args) > 1 {
		top = os.Args[1]
	}
	if err := run(os.DirFS(top), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wording:", err)
		os.Exit(1)
	}
}

// run writes one line for each hit in the tree, and returns an error if there
// is any.
func run(tree fs.FS, out io.Writer) error {
	hits := 0
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && isSkipped(d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		found, err := checkFile(tree, path)
		for _, h := range found {
			fmt.Fprintf(out, "%s:%d: %q: write %s\n", path, h.line, h.text, h.instead)
		}
		hits += len(found)
		return err
	})
	if err == nil && hits > 0 {
		err = fmt.Errorf("%d places to reword: see docs/contributing.md", hits)
	}
	return err
}

// isSkipped reports whether a directory holds nothing that is read as prose.
func isSkipped(name string) bool {
	return name == "testdata" || name == ".git" || name == ".bin"
}

func checkFile(tree fs.FS, path string) ([]hit, error) {
	var prose func([]byte) ([]byte, error)
	isGo := false
	switch strings.ToLower(filepath.Ext(path)) {
	case ".go":
		prose, isGo = comments, true
	case ".md":
		prose = markdown
	default:
		return nil, nil
	}
	source, err := fs.ReadFile(tree, path)
	if err != nil {
		return nil, err
	}
	text, err := prose(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return check(text, isGo), nil
}
