package httpcachestore_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gregjones/httpcache"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/httpcachestore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// An origin is a server without a network. Its page has a version that a client can
// confirm.
type origin struct {
	version      int
	cacheControl string
	requests     int
	confirmed    int
}

func (o *origin) RoundTrip(r *http.Request) (*http.Response, error) {
	o.requests++
	w := httptest.NewRecorder()
	etag := fmt.Sprintf(`"%d"`, o.version)
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Cache-Control", o.cacheControl)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		o.confirmed++
		w.WriteHeader(http.StatusNotModified)
	} else {
		fmt.Fprintf(w, "version %d", o.version)
	}
	return w.Result(), nil
}

// newClient returns a client of o that caches in c.
func newClient(o *origin, c httpcache.Cache) *http.Client {
	t := httpcache.NewTransport(c)
	t.Transport = o
	return t.Client()
}

// get returns the body of the page and whether it was cached.
func get(client *http.Client) (body string, cached bool, err error) {
	r, err := client.Get("http://example.com/page")
	if err != nil {
		return "", false, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body) // httpcache stores what was read to its end
	return string(b), r.Header.Get(httpcache.XFromCache) != "", err
}

func Example() {
	s := mutexstore.New[string, []byte](time.Minute, lastmodstore.MaxEntries(10_000))
	defer s.Close()
	logErrors := func(key string, err error) { fmt.Println(key, err) }
	client := newClient(&origin{version: 1, cacheControl: "max-age=60"}, httpcachestore.New(s, time.Hour, logErrors))

	fmt.Println(get(client))
	fmt.Println(get(client))
	// Output:
	// version 1 false <nil>
	// version 1 true <nil>
}

func TestTheTransportServesRevalidatesAndReplaces(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		o := &origin{version: 1, cacheControl: "max-age=60"}
		client := newClient(o, mustNotFail(t, s, time.Hour))
		expectPage := func(version, requests, confirmed int) {
			body, _, err := get(client)
			g.ExpectWithOffset(1, err).NotTo(HaveOccurred())
			g.ExpectWithOffset(1, body).To(Equal(fmt.Sprintf("version %d", version)))
			g.ExpectWithOffset(1, o.requests).To(Equal(requests))
			g.ExpectWithOffset(1, o.confirmed).To(Equal(confirmed))
		}
		expectPage(1, 1, 0)
		time.Sleep(59 * time.Second)
		expectPage(1, 1, 0) // fresh
		time.Sleep(2 * time.Second)
		expectPage(1, 2, 1) // stale, and confirmed
		expectPage(1, 2, 1)

		o.version = 2
		expectPage(1, 2, 1) // fresh, as the server said
		time.Sleep(time.Minute)
		expectPage(2, 3, 1) // replaced
		time.Sleep(time.Hour)
		expectPage(2, 4, 1) // removed, so there was nothing to confirm
	})
}

func TestAResponseThatMustNotBeStoredRemovesTheOneBefore(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		o := &origin{version: 1, cacheControl: "max-age=60"}
		client := newClient(o, mustNotFail(t, s, time.Hour))
		_, _, err := get(client)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.Len()).To(Equal(1))

		o.version, o.cacheControl = 2, "no-store"
		time.Sleep(time.Minute)
		body, _, err := get(client)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(body).To(Equal("version 2"))
		g.Expect(s.Len()).To(BeZero())
	})
}

func TestNodesShareTheirResponses(t *testing.T) {
	g := NewWithT(t)
	nodes := engines.Nodes[string, []byte](t, 2)
	o := &origin{version: 1, cacheControl: "max-age=60"}
	_, _, err := get(newClient(o, mustNotFail(t, nodes[0], time.Hour)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(nodes[1].Sync(t.Context())).To(Succeed())
	body, cached, err := get(newClient(o, mustNotFail(t, nodes[1], time.Hour)))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cached).To(BeTrue())
	g.Expect(body).To(Equal("version 1"))
	g.Expect(o.requests).To(Equal(1))
}
