package main

import (
	"bytes"
	"regexp"
)

// notProse are the pieces of a Markdown file that are not prose: code, what make
// docs generates, comments, and where links lead.
var notProse = []*regexp.Regexp{
	regexp.MustCompile("(?ms)^ {0,3}```.*?^ {0,3}```[ \t]*$"),
	regexp.MustCompile(`(?s)<!--= .*?<!--/-->`),
	regexp.MustCompile(`(?s)<!--.*?-->`),
	regexp.MustCompile("(?s)``.+?``"),
	regexp.MustCompile("`[^`]+?`"),
	regexp.MustCompile(`\]\([^)\s]*\)`),
	regexp.MustCompile(`<https?://[^>\s]*>|https?://[^)>\s]*`),
}

// markdown returns the prose of a page, each byte where it is in the source.
func markdown(source []byte) ([]byte, error) {
	out := bytes.Clone(source)
	for _, piece := range notProse {
		for _, at := range piece.FindAllIndex(out, -1) {
			copy(out[at[0]:at[1]], blank(out[at[0]:at[1]]))
		}
	}
	return out, nil
}
