package lastmodstore_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestOneOfManyWritersWithTheSameTagWins(t *testing.T) {
	for name, condition := range map[string]func(s lastmodstore.Store[string, string]) []string{
		"If-Match": func(s lastmodstore.Store[string, string]) []string {
			s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
			return []string{"If-Match", do(s, "GET", "").Header.Get("ETag")}
		},
		"If-None-Match": func(lastmodstore.Store[string, string]) []string { return []string{"If-None-Match", "*"} },
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
				header := condition(s)
				var won, lost atomic.Int32
				concurrently(8, func(i int, _ *rand.Rand) {
					switch do(s, "PUT", fmt.Sprint(i), header...).StatusCode {
					case http.StatusNoContent:
						won.Add(1)
					case http.StatusPreconditionFailed:
						lost.Add(1)
					}
				})
				g.Expect(won.Load()).To(BeEquivalentTo(1))
				g.Expect(lost.Load()).To(BeEquivalentTo(7))
			})
		})
	}
}

func TestIfUnmodifiedSinceHoldsForTheLastModifiedThatWasSent(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		time.Sleep(500 * time.Millisecond)
		s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
		sent := do(s, "GET", "").Header.Get("Last-Modified")
		time.Sleep(time.Second)
		g.Expect(do(s, "PUT", "mine", "If-Unmodified-Since", sent).StatusCode).To(Equal(http.StatusNoContent))
		g.Expect(do(s, "PUT", "late", "If-Unmodified-Since", sent).StatusCode).To(Equal(http.StatusPreconditionFailed))
		value, _ := s.Get("/motd.txt")
		g.Expect(value).To(Equal("mine"))
	})
}

func TestTwoChangesWithinASecondDifferByTag(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
		first := do(s, "GET", "").Header
		s.Set("/motd.txt", "bye", lastmodstore.NoExpiry)
		g.Expect(do(s, "GET", "").Header.Get("Last-Modified")).To(Equal(first.Get("Last-Modified")))
		g.Expect(do(s, "GET", "", "If-None-Match", first.Get("ETag"), "If-Modified-Since", first.Get("Last-Modified")).StatusCode).To(Equal(http.StatusOK))
		g.Expect(do(s, "PUT", "x", "If-Match", first.Get("ETag")).StatusCode).To(Equal(http.StatusPreconditionFailed))
	})
}

// 8, 28: the version survives a restart.
func TestTagIsTheSameAfterARestart(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
		tag := do(s, "GET", "").Header.Get("ETag")
		time.Sleep(time.Minute)
		s = restart(g, s)
		defer s.Close()
		g.Expect(do(s, "GET", "", "If-None-Match", tag).StatusCode).To(Equal(http.StatusNotModified))
		g.Expect(do(s, "PUT", "bye", "If-Match", tag).StatusCode).To(Equal(http.StatusNoContent))
	})
}

func TestTagFromBeforeClearMatchesNothing(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
		tag := do(s, "GET", "").Header.Get("ETag")
		g.Expect(s.Clear()).To(Succeed())
		g.Expect(do(s, "GET", "", "If-None-Match", tag).StatusCode).To(Equal(http.StatusNotFound))
		g.Expect(do(s, "PUT", "x", "If-Match", tag).StatusCode).To(Equal(http.StatusPreconditionFailed))
		s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
		g.Expect(do(s, "GET", "", "If-None-Match", tag).StatusCode).To(Equal(http.StatusOK))
	})
}

// RFC 9110, 8.8.2.1: Last-Modified is not later than the response.
func TestPageModifiedInTheFutureIsServedAsModifiedNow(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		_, err := s.Merge("/motd.txt", lastmodstore.Entry[string]{Value: "hello", LastModified: time.Now().Add(30 * time.Second)})
		g.Expect(err).NotTo(HaveOccurred())
		modified, err := http.ParseTime(do(s, "GET", "").Header.Get("Last-Modified"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(modified).To(BeTemporally("==", time.Now()))
	})
}

// 20: after Close reads report absence, which must not become 404 or 412.
func TestClosedStoreIsUnavailableNotEmpty(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
		tag := do(s, "GET", "").Header.Get("ETag")
		s.Close()
		g.Expect(do(s, "GET", "").StatusCode).To(Equal(http.StatusServiceUnavailable))
		for _, header := range [][]string{
			nil, {"If-Match", tag}, {"If-None-Match", "*"}, {"If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"},
		} {
			g.Expect(do(s, "PUT", "x", header...).StatusCode).To(Equal(http.StatusServiceUnavailable))
		}
	})
}

func TestConditionsHoldAsInRFC9110(t *testing.T) {
	const early, now = "Fri, 31 Dec 1999 23:59:59 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"
	for _, c := range []struct {
		name            string
		header          []string // TAG stands for the present tag
		present, absent int      // status when the page is present, and when it is absent
	}{
		{"none", nil, 204, 204},
		{"If-Match", []string{"If-Match", "TAG"}, 204, 412},
		{"If-Match of a list", []string{"If-Match", `"x", TAG`}, 204, 412},
		{"If-Match of another", []string{"If-Match", `"x"`}, 412, 412},
		{"If-Match *", []string{"If-Match", "*"}, 204, 412},
		{"If-None-Match", []string{"If-None-Match", `"x",TAG`}, 412, 204},
		{"If-None-Match of another", []string{"If-None-Match", `"x"`}, 204, 204},
		{"If-None-Match *", []string{"If-None-Match", "*"}, 412, 204},
		{"If-Unmodified-Since", []string{"If-Unmodified-Since", now}, 204, 412},
		{"If-Unmodified-Since earlier", []string{"If-Unmodified-Since", early}, 412, 412},
		{"If-Unmodified-Since without a valid date", []string{"If-Unmodified-Since", "yesterday"}, 204, 204},
		{"If-Match takes precedence over If-Unmodified-Since", []string{"If-Match", "TAG", "If-Unmodified-Since", early}, 204, 412},
		{"both conditions", []string{"If-Unmodified-Since", now, "If-None-Match", "TAG"}, 412, 412},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
				s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
				tag := do(s, "GET", "").Header.Get("ETag")
				header := slices.Clone(c.header)
				for i := range header {
					header[i] = strings.ReplaceAll(header[i], "TAG", tag)
				}
				g.Expect(do(s, "PUT", "x", header...).StatusCode).To(Equal(c.present))
				s.Delete("/motd.txt")
				g.Expect(do(s, "PUT", "x", header...).StatusCode).To(Equal(c.absent))
			})
		})
	}
}
