package debugpage

import (
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func open(t *testing.T) *mutexstore.Store[string, int] {
	s := mutexstore.New[string, int](0)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestPageShowsStatisticsAndEntriesOfEachEngine(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[string, int]) {
		g := NewWithT(t)
		g.Expect(s.Set("expires", 1, time.Hour)).To(Succeed())
		set(t, s, "stays", 2)
		body := get(t, New(Store("main", s)), "/debug/store/")
		g.Expect(keys(body)).To(Equal([]string{"expires", "stays"}))
		g.Expect(body).To(And(
			MatchRegexp(`<div data-figure="Entries"><dt>Entries</dt><dd class="value">2</dd>`),
			MatchRegexp(`<div data-figure="Sets"><dt>Sets</dt><dd class="value">2</dd>`),
			MatchRegexp(`<div data-figure="LongestSweepStep"><dt>Longest sweep step</dt>`),
			MatchRegexp(`data-label="TTL">1h</td>\s*<td [^>]*data-label="Expires in"><time datetime="20[^"]*" title="20[^"]*">59m`),
			MatchRegexp(`data-label="TTL">–</td>\s*<td [^>]*data-label="Expires in">never`),
			ContainSubstring("<code>string</code> → <code>int</code>"),
		))
	})
}

func TestClosedStoreIsShownAsClosed(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[string, int]) {
		g := NewWithT(t)
		set(t, s, "k", 1)
		g.Expect(s.Close()).To(Succeed())
		body := get(t, New(Store("main", s)), "/")
		g.Expect(body).To(And(ContainSubstring("The store is closed"), ContainSubstring(" data-closed>")))
		g.Expect(keys(body)).To(BeEmpty())
	})
}

func TestOnlyReadingMethodsAreAllowed(t *testing.T) {
	h := New(Store("main", open(t)))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "PROPFIND"} {
		for _, url := range []string{"/", "/page.js", "/live", "/value", "/nothing"} {
			g := NewWithT(t)
			w := request(h, method, url)
			g.Expect(w.Code).To(Equal(http.StatusMethodNotAllowed))
			g.Expect(w.Header().Get("Allow")).To(Equal("GET, HEAD"))
		}
	}
}

func TestHeadHasTheHeadersOfGetAndNoBody(t *testing.T) {
	h := New(Store("main", open(t)))
	for _, url := range []string{"/", "/page.css", "/page.js", "/live"} {
		g := NewWithT(t)
		w := request(h, http.MethodHead, url)
		g.Expect(w.Code).To(Equal(http.StatusOK))
		g.Expect(w.Body.Len()).To(BeZero())
		if url != "/live" {
			g.Expect(w.Header()["Content-Type"]).To(Equal(request(h, http.MethodGet, url).Header()["Content-Type"]))
		}
	}
	NewWithT(t).Expect(h.streams).To(BeEmpty())
}

func TestNothingIsCachedAndNothingInlineRuns(t *testing.T) {
	h := New(Store("main", open(t)))
	for _, url := range []string{"/", "/page.css", "/page.js", "/value", "/nothing", "/?store=nothing"} {
		g := NewWithT(t)
		header := request(h, http.MethodGet, url).Header()
		g.Expect(header.Get("Cache-Control")).To(Equal("no-store"))
		g.Expect(header.Get("X-Content-Type-Options")).To(Equal("nosniff"))
		g.Expect(header.Get("Content-Security-Policy")).To(And(
			HavePrefix("default-src 'none'; script-src 'self'; style-src 'self';"), Not(ContainSubstring("unsafe"))))
	}
	NewWithT(t).Expect(get(t, h, "/")).NotTo(MatchRegexp(`<script>|<style|\son[a-z]+=|\sstyle=`))
}

func TestPageWorksBehindAnyPrefix(t *testing.T) {
	mux := http.NewServeMux()
	h := New(Store("main", open(t)))
	mux.Handle("/debug/store/", h)
	mux.Handle("/stripped/", http.StripPrefix("/stripped", h))
	for _, prefix := range []string{"/debug/store/", "/stripped/"} {
		g := NewWithT(t)
		body := get(t, mux, prefix)
		g.Expect(body).To(And(ContainSubstring(`src="page.js"`), ContainSubstring(`data-live="live?store=main"`)))
		g.Expect(body).NotTo(MatchRegexp(`(href|src|action)="/`))
		get(t, mux, prefix+"page.js")
		get(t, mux, prefix+"page.css")
		g.Expect(request(mux, http.MethodGet, prefix+"nothing").Code).To(Equal(http.StatusNotFound))
	}
}

func TestStoresAreSelectedByName(t *testing.T) {
	g := NewWithT(t)
	words, numbers := open(t), mutexstore.New[int, string](0)
	defer numbers.Close()
	set(t, words, "word", 1)
	set(t, numbers, 42, "x")
	h := New(Store("words & more", words), Store("numbers", numbers))
	g.Expect(keys(get(t, h, "/"))).To(Equal([]string{"word"}))
	g.Expect(keys(get(t, h, "/?store=words+%26+more"))).To(Equal([]string{"word"}))
	body := get(t, h, "/?store=numbers")
	g.Expect(keys(body)).To(Equal([]string{"42"}))
	g.Expect(body).To(And(
		ContainSubstring(`<a href="?store=words&#43;%26&#43;more">words &amp; more</a>`),
		ContainSubstring(`<a href="?store=numbers" aria-current="page">numbers</a>`)))
	w := request(h, http.MethodGet, "/live?store=%3Cnone%3E")
	g.Expect(w.Code).To(Equal(http.StatusNotFound))
	g.Expect(w.Body.String()).To(Equal("there is no store of that name, only \"words & more\", \"numbers\"\n"))
}

func TestBadQueriesAreRefusedInWords(t *testing.T) {
	h := New(Store("main", open(t), ShowValues(func(int) string { return "" })))
	for url, want := range map[string]string{
		"/?within=2h":      "unknown period",
		"/?after=x":        "is not the position of an entry",
		"/?after=1.":       "is not the position of an entry",
		"/?after=1.0":      "is not the position of an entry",
		"/value":           "is not the position of an entry",
		"/value?entry=1.g": "is not the position of an entry",
		"/value?entry=" + strings.Repeat("1", 1<<20): "cut: 200 of 1,048,576 bytes",
	} {
		g := NewWithT(t)
		w := request(h, http.MethodGet, url)
		g.Expect(w.Code).To(Equal(http.StatusBadRequest))
		g.Expect(w.Body.String()).To(ContainSubstring(want))
		g.Expect(w.Header().Get("Content-Type")).To(HavePrefix("text/plain"))
	}
}

func TestMisusePanicsWithASentence(t *testing.T) {
	g := NewWithT(t)
	s := open(t)
	g.Expect(func() { New() }).To(PanicWith(ContainSubstring("there is no store to show")))
	g.Expect(func() { New(Store("a", s), Store("a", s)) }).To(PanicWith(ContainSubstring(`Store("a"): the name is used twice`)))
	g.Expect(func() { Store("", s) }).To(PanicWith(ContainSubstring("the name is empty")))
	g.Expect(func() { Store[string, int]("a", nil) }).To(PanicWith(ContainSubstring("the store is nil")))
	g.Expect(func() { ShowValues[int](nil) }).To(PanicWith(ContainSubstring("the function is nil")))
	g.Expect(func() { MaxStreams(-1) }).To(PanicWith(ContainSubstring("must not be negative")))
}
