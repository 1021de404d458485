package debugpage

import (
	"context"
	"html"
	"iter"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// request returns the response to a request without a network.
func request(h http.Handler, method, url string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, url, nil))
	return w
}

// get returns the body of a page that must exist.
func get(t *testing.T, h http.Handler, url string) string {
	t.Helper()
	w := request(h, http.MethodGet, url)
	NewWithT(t).Expect(w.Code).To(Equal(http.StatusOK), "%s: %s", url, w.Body)
	return w.Body.String()
}

var (
	keyCells  = regexp.MustCompile(`class="key"><code>([^<]*)</code>`)
	nextLinks = regexp.MustCompile(`<a href="([^"]*)" rel="next">`)
	showLinks = regexp.MustCompile(`<a class="show" href="([^"]*)"`)
)

// keys returns the keys that a page shows.
func keys(body string) []string {
	var all []string
	for _, m := range keyCells.FindAllStringSubmatch(body, -1) {
		all = append(all, html.UnescapeString(m[1]))
	}
	return all
}

// next returns the link to the next page, or the empty string.
func next(body string) string {
	if m := nextLinks.FindStringSubmatch(body); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

// listed returns the keys of a listing, page by page.
func listed(t *testing.T, h http.Handler, query string) [][]string {
	t.Helper()
	var pages [][]string
	for query != "" {
		body := get(t, h, "/"+query)
		pages = append(pages, keys(body))
		query = next(body)
	}
	return pages
}

func set[K comparable, V any](t *testing.T, s lastmodstore.Store[K, V], key K, value V) {
	t.Helper()
	NewWithT(t).Expect(s.Set(key, value, lastmodstore.NoExpiry)).To(Succeed())
}

// counting counts what is called, the entries and changes that are yielded, and how many
// loops over Watch are running.
type counting[K comparable, V any] struct {
	lastmodstore.Store[K, V]
	calls, yielded, watching atomic.Int64
}

func (c *counting[K, V]) Get(key K) (V, bool) {
	c.calls.Add(1)
	return c.Store.Get(key)
}

func (c *counting[K, V]) GetEntry(key K) (lastmodstore.Entry[V], bool) {
	c.calls.Add(1)
	return c.Store.GetEntry(key)
}

func (c *counting[K, V]) Len() int {
	c.calls.Add(1)
	return c.Store.Len()
}

func (c *counting[K, V]) Stats() lastmodstore.Stats {
	c.calls.Add(1)
	return c.Store.Stats()
}

func (c *counting[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	c.calls.Add(1)
	return c.Store.All()
}

func (c *counting[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	c.calls.Add(1)
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		for key, e := range c.Store.ModifiedSince(t) {
			c.yielded.Add(1)
			if !yield(key, e) {
				return
			}
		}
	}
}

func (c *counting[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[K, V]] {
	c.calls.Add(1)
	return func(yield func(lastmodstore.Event[K, V]) bool) {
		c.watching.Add(1)
		defer c.watching.Add(-1)
		for e := range c.Store.Watch(ctx, since) {
			if e.Kind != lastmodstore.CaughtUp {
				c.yielded.Add(1)
			}
			if !yield(e) {
				return
			}
		}
	}
}

func padded(n int) string { return strings.Repeat("k", n) }
