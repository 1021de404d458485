package lastmodstore_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// etag returns the entry's version as an HTTP entity tag. It contains the nanoseconds of
// LastModified, so it is exact, unlike the times of HTTP.
func etag(e lastmodstore.Entry[string]) string {
	return strconv.Quote(strconv.FormatInt(e.LastModified.UnixNano(), 36))
}

// pages serves entries under their keys as paths, and stores the body of a PUT.
func pages(s lastmodstore.Store[string, string]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			getPage(w, r, s)
		case http.MethodPut:
			putPage(w, r, s)
		default:
			w.Header().Set("Allow", "GET, HEAD, PUT")
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}
}

func getPage(w http.ResponseWriter, r *http.Request, s lastmodstore.Reader[string, string]) {
	e, ok := s.GetEntry(r.URL.Path)
	switch {
	case !ok && closed(s):
		http.Error(w, lastmodstore.ErrClosed.Error(), http.StatusServiceUnavailable)
		return
	case !ok:
		http.NotFound(w, r)
		return
	}
	// An entry merged from a machine whose clock is ahead may be newer than the
	// response, which HTTP does not allow.
	modified := e.LastModified
	if now := time.Now(); modified.After(now) {
		modified = now
	}
	w.Header().Set("ETag", etag(e))
	http.ServeContent(w, r, r.URL.Path, modified, strings.NewReader(e.Value))
}

var errPrecondition = errors.New("precondition failed")

func putPage(w http.ResponseWriter, r *http.Request, s lastmodstore.Store[string, string]) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e, err := storePage(s, r.URL.Path, string(body), r.Header)
	switch {
	case errors.Is(err, errPrecondition):
		w.WriteHeader(http.StatusPreconditionFailed)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	default:
		w.Header().Set("ETag", etag(e))
		w.WriteHeader(http.StatusNoContent)
	}
}

// storePage stores body if the request's conditions hold. Update makes the check and the
// write a single step.
func storePage(s lastmodstore.Store[string, string], path, body string, h http.Header) (lastmodstore.Entry[string], error) {
	return lastmodstore.Update(s, path, func(old lastmodstore.Entry[string], ok bool) (string, time.Duration, error) {
		switch {
		case holds(h, old, ok):
			return body, lastmodstore.KeepTTL, nil
		case closed(s): // a closed store looks empty
			return "", 0, lastmodstore.ErrClosed
		}
		return "", 0, errPrecondition
	})
}

// holds reports whether the conditions of a write hold for the present entry, in the
// order of RFC 9110, 13.2.2. If-Match is exact. If-Unmodified-Since has whole seconds, so
// two writes within one second may both succeed.
func holds(h http.Header, old lastmodstore.Entry[string], ok bool) bool {
	if match := h.Get("If-Match"); match != "" {
		if !ok || !lists(match, etag(old)) {
			return false
		}
	} else if since, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil {
		if !ok || old.LastModified.After(lastmodstore.EndOfSecond(since)) {
			return false
		}
	}
	return !ok || !lists(h.Get("If-None-Match"), etag(old))
}

// lists reports whether header, a list of tags, contains tag. "*" contains every tag.
func lists(header, tag string) bool {
	for item := range strings.SplitSeq(header, ",") {
		if item = strings.TrimSpace(item); item == "*" || item == tag {
			return true
		}
	}
	return false
}

// do sends one request. The header is a list of alternating names and values.
func do(s lastmodstore.Store[string, string], method, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "/motd.txt", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	pages(s)(w, r)
	return w.Result()
}

func Example_httpCaching() {
	s := mutexstore.New[string, string](0)
	defer s.Close()
	s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
	first := do(s, "GET", "")
	tag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	fmt.Println(first.StatusCode)
	fmt.Println(do(s, "GET", "", "If-None-Match", tag).StatusCode, do(s, "GET", "", "If-Modified-Since", modified).StatusCode)
	fmt.Println(do(s, "PUT", "bye", "If-Match", tag).StatusCode)
	fmt.Println(do(s, "PUT", "lost", "If-Match", tag).StatusCode)
	fmt.Println(do(s, "GET", "", "If-None-Match", tag).StatusCode)
	// Output:
	// 200
	// 304 304
	// 204
	// 412
	// 200
}
