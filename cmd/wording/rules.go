package main

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// A rule rules out a pattern of words.
type rule struct {
	words    *regexp.Regexp
	instead  string
	comments bool // only in comments of Go files: a page may speak of people
}

// words compiles a pattern of whole words, which may be on different lines.
func words(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + strings.ReplaceAll(pattern, " ", `\s+`) + `)`)
}

var rules = []rule{
	// Verbs of functions.
	{words: words(`answers?\b|answer(ed|ing)\b`), instead: `"returns", "replies" or "result"`},
	{words: words(`(say|tell)s? whether|(say|tell)s if\b`), instead: `"reports whether"`},
	{words: words(`(told|tell) from\b`), instead: `"distinguished from"`},
	{words: words(`brings?\b|brought\b`), instead: `"fills", "loads", "yields" or "causes"`},
	{words: words(`comes? when it arrives\b`), instead: `"is reported on arrival"`},
	{words: words(`keeps? the contract\b`), instead: `"implements the interface"`},
	{words: words(`(is|are) made of\b`), instead: `"consists of"`},
	{words: words(`(can|could) be had\b`), instead: `"is available" or "is avoidable"`},
	{words: words(`puts? right\b`), instead: `"fixed up"`},
	{words: words(`(falls?|fell|fallen|falling) behind\b`), instead: `"lags" or "arrives out of order"`},
	{words: words(`overt(ake|akes|aken|aking|ook)\b`), instead: `"superseded", "passes"`},

	// Nouns that have a term.
	{words: words(`contestants?\b`), instead: `"implementation"`},
	{words: words(`rivals?\b`), instead: `"third-party cache"`},
	{words: words(`lines? of (waiters|watchers|callers|requests)\b`), instead: `"queue"`},
	{words: words(`no map can hold\b`), instead: `"unhashable"`},
	{words: words(`(a|its|their|whole) (life|lives)\b`), instead: `"TTL" or "lifetime"`},
	{words: words(`(is|are|was|were) over(?:\s+(?:and|but|when|before|after|until)\b|[.,;:)]|\s*$)`), instead: `"has expired" or "has ended"`},
	{words: words(`(a|the|its|no) bound\b`), instead: `"capacity" or "limit"`},
	{words: words(`damaged?\b`), instead: `"corrupt"`},
	{words: words(`(checks?|tests?) bite\b`), instead: `"mutation testing"`},

	// Archaic turns.
	{words: words(`beside\b`), instead: `"concurrently with" or "next to"`},
	{words: words(`for ever\b`), instead: `"forever"`},
	{words: words(`anew\b`), instead: `"again"`},
	{words: words(`but for\b`), instead: `"except for"`},
	{words: words(`whilst\b`), instead: `"while"`},
	{words: words(`amongst\b`), instead: `"among"`},
	{words: words(`lest\b`), instead: `"so that ... not"`},
	{words: words(`hitherto\b`), instead: `"so far"`},
	{words: regexp.MustCompile(`(?i)[,;:.)]\s+(?:or\s+)?else\b`), instead: `"otherwise"`},

	// Pronouns of persons.
	{words: words(`(he|him|his|himself|she|her)\b`), instead: `"it", or the noun`},
	{words: words(`(who|whoever|whom)\b`), instead: `"that", or the noun`, comments: true},
	{words: words(`(goroutines?|callers?|readers?|writers?|watchers?|owners?|sweepers?|actors?) who\b`), instead: `"that"`},
}

// A hit is a place where a rule applies.
type hit struct {
	offset, line  int
	text, instead string
}

// check returns the hits in prose, in order, each place once.
func check(prose []byte, isGo bool) []hit {
	var hits []hit
	for _, r := range rules {
		if r.comments && !isGo {
			continue
		}
		for _, at := range r.words.FindAllIndex(prose, -1) {
			hits = append(hits, hit{
				offset:  at[0],
				line:    1 + bytes.Count(prose[:at[0]], []byte("\n")),
				text:    strings.Join(strings.Fields(string(prose[at[0]:at[1]])), " "),
				instead: r.instead,
			})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.offset, b.offset) })
	return hits
}
