package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	. "github.com/onsi/gomega"
)

// found are the words that are reported in a page or a Go file.
func found(t *testing.T, name, content string) []string {
	t.Helper()
	hits, err := checkFile(fstest.MapFS{name: {Data: []byte(content)}}, name)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	texts := []string{}
	for _, h := range hits {
		texts = append(texts, h.text)
	}
	return texts
}

func TestEachRuleFindsItsWords(t *testing.T) {
	samples := []string{
		"It answers with nil.", "It says whether key is there.", "It cannot be told from an empty one.",
		"The step brings a page.", "It comes when it arrives.", "It keeps the contract.", "It is made of two parts.",
		"It can be had back.", "A late one is put right.", "It falls behind.", "It was overtaken.",
		"A contestant.", "The rivals.", "The line of waiters.", "A key that no map can hold.",
		"It has a life of its own.", "When the loop is over, return.", "There is no bound.", "A damaged file.", "Do the checks bite?",
		"Beside writers.", "It waits for ever.", "Begin anew.", "All but for one.", "It waits whilst it reads.", "Amongst others.",
		"Lock it, lest it be read.", "Hitherto unseen.", "Take it; else wait.",
		"The owner: he reads.", "The one who waits.", "The goroutine who waits.",
	}
	g := NewWithT(t)
	g.Expect(samples).To(HaveLen(len(rules)))
	for i, sample := range samples {
		g.Expect(rules[i].words.MatchString(sample)).To(BeTrue(), sample)
		g.Expect(found(t, "a.go", "package a\n\n// "+sample+"\n")).NotTo(BeEmpty(), sample)
		if !rules[i].comments {
			g.Expect(found(t, "a.md", sample+"\n")).NotTo(BeEmpty(), sample)
		}
	}
}

func TestPlainEnglishPasses(t *testing.T) {
	g := NewWithT(t)
	for _, sample := range []string{
		"Get returns the value for key and reports whether it was present.",
		"Besides, the key is live, and it lives in one slot.",
		"It is over a minute ahead, and over the limit.",
		"The loop runs forever, for every key, bounded by n. The cost is upper bounded.",
		"If there is one, the branch is taken; the other branch, too. Somebody else waits.",
		"In no time, its lifetime has expired. The renewal starts again.",
		"They say if-statements nest. This is the hero of the others.",
		"Put the right one first; the rest is not left behind.",
	} {
		g.Expect(found(t, "a.go", "package a\n\n// "+sample+"\n")).To(BeEmpty(), sample)
		g.Expect(found(t, "a.md", sample+"\n")).To(BeEmpty(), sample)
	}
	g.Expect(found(t, "a.md", "Contributors who send a patch.\n")).To(BeEmpty())
}

func TestOnlyCommentsOfGoFilesAreRead(t *testing.T) {
	g := NewWithT(t)
	source := `// Package a waits for
// ever.
package a

//go:generate beside
//nolint:anew // beside

var rival = "answers // beside" // anew

// Code blocks are code:
//
//	beside := anew
//
/* It waits for
	ever. */
func answers() {
	// waits for
	f()
	// ever
	g() /* whilst */
}
`
	g.Expect(found(t, "a.go", source)).To(Equal([]string{"for ever", "anew", "for ever", "whilst"}))
	_, err := checkFile(fstest.MapFS{"a.go": {Data: []byte("no Go")}}, "a.go")
	g.Expect(err).To(MatchError(ContainSubstring("a.go: ")))
}

func TestOnlyProseOfPagesIsRead(t *testing.T) {
	g := NewWithT(t)
	page := "# Rivals\n\n" +
		"Beside `the rival`, ``a `rival` ``, [a link](beside/rival.md) and https://example.com/rival.\n\n" +
		"```go\n// beside\n```\n\n" +
		"<!--= crossovers -->\n- a overtakes b\n<!--/-->\n<!-- beside -->\n" +
		"| a | waits for\never |\n"
	g.Expect(found(t, "a.md", page)).To(Equal([]string{"Rivals", "Beside", "for ever"}))
}

func TestReportNamesPlaceWordAndReplacement(t *testing.T) {
	g := NewWithT(t)
	tree := fstest.MapFS{
		"docs/a.md":            {Data: []byte("One.\n\nIt waits\nfor ever, beside.\n")},
		"b/b.go":               {Data: []byte("package b\n\n// F answers.\nfunc F() {}\n")},
		"b/testdata/c.go":      {Data: []byte("no Go, beside")},
		".git/d.md":            {Data: []byte("beside")},
		".github/e.md":         {Data: []byte("anew")},
		"b/rivals.txt":         {Data: []byte("beside")},
		"compare/results.json": {Data: []byte(`"beside"`)},
	}
	var out bytes.Buffer
	err := run(tree, &out)
	g.Expect(err).To(MatchError(ContainSubstring("4 places to reword")))
	g.Expect(strings.Split(strings.TrimSpace(out.String()), "\n")).To(Equal([]string{
		`.github/e.md:1: "anew": write "again"`,
		`b/b.go:3: "answers": write "returns", "replies" or "result"`,
		`docs/a.md:4: "for ever": write "forever"`,
		`docs/a.md:4: "beside": write "concurrently with" or "next to"`,
	}))
	g.Expect(run(fstest.MapFS{"a.md": {Data: []byte("Plain.\n")}}, &out)).To(Succeed())
}
