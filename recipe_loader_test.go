package lastmodstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func Example_configuration() {
	s := mutexstore.New[string, string](0)
	defer s.Close()
	version := "v1"
	config := lastmodstore.NewLoader(s, func(_ context.Context, key string, present lastmodstore.Entry[string], ok bool) (string, time.Duration, error) {
		if ok && present.Value == version { // how the source finds out that nothing has changed
			return "", 24 * time.Hour, lastmodstore.ErrNotModified
		}
		fmt.Println("loading", key)
		return version, 24 * time.Hour, nil
	})
	for range 2 {
		e, err := config.GetFresh(context.Background(), "app.yaml", time.Hour)
		fmt.Println(e.Value, err)
	}
	version = "v2"
	e, err := config.GetFresh(context.Background(), "app.yaml", 0) // every present entry is too old
	fmt.Println(e.Value, err)
	// Output:
	// loading app.yaml
	// v1 <nil>
	// v1 <nil>
	// loading app.yaml
	// v2 <nil>
}

// fetch returns the LoadFunc of a cache of HTTP responses. It revalidates a response by
// its ETag.
func fetch(client *http.Client) lastmodstore.LoadFunc[string, response] {
	return func(ctx context.Context, url string, present lastmodstore.Entry[response], ok bool) (response, time.Duration, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return response{}, 0, err
		}
		if ok && present.Value.ETag != "" {
			r.Header.Set("If-None-Match", present.Value.ETag)
		}
		sent := time.Now()
		got, err := client.Do(r)
		if err != nil {
			return response{}, 0, err
		}
		defer got.Body.Close()
		ttl := lastmodstore.Until(freshUntil(got.Header, sent))
		switch got.StatusCode {
		case http.StatusNotModified:
			return response{}, ttl, lastmodstore.ErrNotModified
		case http.StatusOK:
			body, err := io.ReadAll(got.Body)
			return response{got.Header.Get("ETag"), string(body)}, ttl, err
		}
		return response{}, 0, errors.New(got.Status)
	}
}

type response struct{ ETag, Body string }

// freshUntil returns the time until which a response is fresh: max-age after the request
// was sent, or otherwise Expires, or otherwise sent. Pass the result to Until: a TTL of 0
// for max-age=0 would be NoExpiry.
func freshUntil(h http.Header, sent time.Time) time.Time {
	for directive := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return sent
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				return sent
			}
			return sent.Add(time.Duration(seconds) * time.Second)
		}
	}
	if expires, err := http.ParseTime(h.Get("Expires")); err == nil {
		return expires
	}
	return sent
}

// An origin is an HTTP server without a network, which can be used in a bubble.
type origin func(*http.Request) *http.Response

func (o origin) RoundTrip(r *http.Request) (*http.Response, error) { return o(r), nil }

func reply(status int, header map[string]string, body string) *http.Response {
	h := http.Header{}
	for name, value := range header {
		h.Set(name, value)
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// 3: a computed TTL never turns into "no expiry".
func TestCachedResponseIsFreshForAsLongAsItsHeaderSays(t *testing.T) {
	for name, c := range map[string]struct {
		header, value string
		fresh         time.Duration
	}{
		"max-age":          {"Cache-Control", "public, max-age=60", time.Minute},
		"max-age=0":        {"Cache-Control", "max-age=0", 0},
		"negative max-age": {"Cache-Control", "max-age=-1", 0},
		"no-store":         {"Cache-Control", "max-age=60x, no-store", 0},
		"Expires":          {"Expires", "Sat, 01 Jan 2000 00:01:00 GMT", time.Minute},
		"Expires now":      {"Expires", "Sat, 01 Jan 2000 00:00:00 GMT", 0},
		"Expires passed":   {"Expires", "Fri, 31 Dec 1999 23:59:59 GMT", 0},
		"Expires 0":        {"Expires", "0", 0},
		"neither":          {"X", "y", 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(g Gomega, s lastmodstore.Store[string, response]) {
				requests := 0
				cache := lastmodstore.NewLoader(s, fetch(&http.Client{Transport: origin(func(*http.Request) *http.Response {
					requests++
					return reply(http.StatusOK, map[string]string{c.header: c.value}, "body")
				})}))
				get := func() {
					e, err := cache.Get(context.Background(), "http://origin/")
					g.Expect(e.Value.Body, err).To(Equal("body"))
				}
				get()
				time.Sleep(max(1, c.fresh-1))
				get()
				if c.fresh > 0 {
					g.Expect(requests).To(Equal(1))
					time.Sleep(time.Nanosecond)
					get()
				}
				g.Expect(requests).To(Equal(2))
			})
		})
	}
}

// versions returns a source whose value is *version, and which is down if that is "".
func versions(version *string, loads *atomic.Int32) lastmodstore.LoadFunc[string, string] {
	return func(_ context.Context, _ string, present lastmodstore.Entry[string], ok bool) (string, time.Duration, error) {
		time.Sleep(time.Second)
		loads.Add(1)
		if *version == "" {
			return "", 0, errors.New("source is down")
		}
		if ok && present.Value == *version {
			return "", 24 * time.Hour, lastmodstore.ErrNotModified
		}
		return *version, 24 * time.Hour, nil
	}
}

func TestConfigurationIsLoadedOnceForAllCallers(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		var loads atomic.Int32
		version := "v1"
		config := lastmodstore.NewLoader(s, versions(&version, &loads))
		concurrently(10, func(int, *rand.Rand) {
			e, err := config.GetFresh(context.Background(), "app.yaml", time.Hour)
			g.Expect(e.Value, err).To(Equal("v1"))
		})
		g.Expect(loads.Load()).To(BeEquivalentTo(1))
	})
}

func TestConfigurationThatCannotBeLoadedStaysUnchanged(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		var loads atomic.Int32
		version := "v1"
		config := lastmodstore.NewLoader(s, versions(&version, &loads))
		_, err := config.Get(context.Background(), "app.yaml")
		g.Expect(err).NotTo(HaveOccurred())
		time.Sleep(2 * time.Hour)
		version = ""
		_, err = config.GetFresh(context.Background(), "app.yaml", time.Hour)
		g.Expect(err).To(MatchError(ContainSubstring("source is down")))
		e, err := config.Get(context.Background(), "app.yaml")
		g.Expect(e.Value, err).To(Equal("v1"))
	})
}

func TestConfigurationKeepsItsAgeAcrossARestart(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		var loads atomic.Int32
		version := "v1"
		get := func(s lastmodstore.Store[string, string]) string {
			e, err := lastmodstore.NewLoader(s, versions(&version, &loads)).GetFresh(context.Background(), "app.yaml", time.Hour)
			g.Expect(err).NotTo(HaveOccurred())
			return e.Value
		}
		g.Expect(get(s)).To(Equal("v1"))
		version = "v2"
		s = restart(g, s)
		defer s.Close()
		time.Sleep(time.Hour)
		g.Expect(get(s)).To(Equal("v1"))
		time.Sleep(time.Nanosecond)
		g.Expect(get(s)).To(Equal("v2"))
		g.Expect(loads.Load()).To(BeEquivalentTo(2))
	})
}

func TestConfigurationIsLoadedAgainAfterClear(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		var loads atomic.Int32
		version := "v1"
		config := lastmodstore.NewLoader(s, versions(&version, &loads))
		config.Get(context.Background(), "app.yaml")
		g.Expect(s.Clear()).To(Succeed())
		version = "v2"
		e, err := config.Get(context.Background(), "app.yaml")
		g.Expect(e.Value, err).To(Equal("v2"))

		time.Sleep(2 * time.Hour)
		version = "v3"
		go config.GetFresh(context.Background(), "app.yaml", time.Hour)
		synctest.Wait() // the load has begun
		g.Expect(s.Clear()).To(Succeed())
		time.Sleep(2 * time.Second)
		_, ok := s.Get("app.yaml")
		g.Expect(ok).To(BeFalse(), "a load that began before Clear stored its value")
	})
}
