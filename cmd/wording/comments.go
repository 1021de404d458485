package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// apart stands for whatever is not prose. No rule matches it, so that no phrase
// extends over it.
const apart = 0

// blank returns as many bytes as source has, all apart but the ends of lines.
func blank(source []byte) []byte {
	out := bytes.Repeat([]byte{apart}, len(source))
	for i, b := range source {
		if b == '\n' {
			out[i] = b
		}
	}
	return out
}

// comments returns the text of the comments of a Go file, each byte where it is in
// the source. Code blocks and directives are left out.
func comments(source []byte) ([]byte, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	out := blank(source)
	for _, group := range file.Comments {
		from, to := set.Position(group.Pos()).Offset, set.Position(group.End()).Offset
		for i := from; i < to; i++ {
			if isSpace(source[i]) {
				out[i] = source[i]
			}
		}
		for _, c := range group.List {
			copyComment(out, source, set.Position(c.Pos()).Offset, c)
		}
	}
	return out, nil
}

func copyComment(out, source []byte, at int, c *ast.Comment) {
	text := source[at : at+len(c.Text)]
	if bytes.HasPrefix(text, []byte("/*")) {
		copy(out[at+2:], text[2:len(text)-2])
		return
	}
	if isCode(string(text)) {
		return
	}
	out[at], out[at+1] = ' ', ' '
	copy(out[at+2:], text[2:])
}

// isCode reports whether a line comment is a directive or a line of a code block.
func isCode(text string) bool {
	rest := text[2:]
	return strings.HasPrefix(rest, "\t") || strings.HasPrefix(rest, "go:") || strings.HasPrefix(rest, "nolint")
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
