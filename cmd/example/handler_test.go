package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

type fileStore = lastmodstore.Store[string, file]

func get(files fileStore, path, since string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("If-Modified-Since", since)
	w := httptest.NewRecorder()
	handler(files).ServeHTTP(w, r)
	return w.Result()
}

func merge(g Gomega, files fileStore, path string, f file, at time.Time) {
	_, err := files.Merge(path, lastmodstore.Entry[file]{Value: f, LastModified: at})
	g.Expect(err).NotTo(HaveOccurred())
}

func withFiles(t *testing.T, test func(g Gomega, files fileStore)) {
	synctest.Test(t, func(t *testing.T) {
		files, err := open[file]("mutexstore")
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		test(NewWithT(t), files)
	})
}

func TestServerRepliesByLastModified(t *testing.T) {
	withFiles(t, func(g Gomega, files fileStore) {
		merge(g, files, "old.txt", file{Size: 2}, time.Now().Add(-time.Hour))
		merge(g, files, "sub/new.txt", file{Size: 3}, time.Now().Add(-time.Minute))
		for _, path := range []string{"/", "/sub/new.txt"} {
			first := get(files, path, "")
			g.Expect(first.StatusCode).To(Equal(http.StatusOK))
			seen := first.Header.Get("Last-Modified")
			g.Expect(seen).To(Equal(time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat)))
			g.Expect(get(files, path, seen).StatusCode).To(Equal(http.StatusNotModified))
		}
		seen := get(files, "/sub/new.txt", "").Header.Get("Last-Modified")
		g.Expect(files.Set("sub/new.txt", file{Size: 1}, lastmodstore.NoExpiry)).To(Succeed())
		again := get(files, "/sub/new.txt", seen)
		g.Expect(again.StatusCode).To(Equal(http.StatusOK))
		body, err := io.ReadAll(again.Body)
		g.Expect(string(body), err).To(ContainSubstring(`"size": 1`))
		g.Expect(get(files, "/nothing", "").StatusCode).To(Equal(http.StatusNotFound))
		w := httptest.NewRecorder()
		handler(files).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
		g.Expect(w.Code).To(Equal(http.StatusMethodNotAllowed))
	})
}

// RFC 9110, 8.8.2.1: Last-Modified is not later than the response.
func TestFileFromTheFutureIsServedAsModifiedNow(t *testing.T) {
	withFiles(t, func(g Gomega, files fileStore) {
		merge(g, files, "future.txt", file{}, time.Now().Add(30*time.Second))
		for _, wait := range []time.Duration{0, 10 * time.Second, 30 * time.Second} {
			time.Sleep(wait)
			want := time.Now()
			if wait == 30*time.Second { // its own time has passed
				want = time.Date(2000, 1, 1, 0, 0, 30, 0, time.UTC)
			}
			for _, path := range []string{"/", "/future.txt"} {
				g.Expect(get(files, path, "").Header.Get("Last-Modified")).To(Equal(want.UTC().Format(http.TimeFormat)))
			}
		}
	})
}

func TestEveryKeyOfTheListIsThePathOfOneFile(t *testing.T) {
	withFiles(t, func(g Gomega, files fileStore) {
		names := []string{"plain.txt", "sub/b c", "a\xff", "a\xfe", "a\ufffd", "a%FF", "<&>", "\u2028", "é", "a?b", "a#b", ".", "..", "*", "//x", "new\nline", `back\slash`}
		for i, name := range names {
			merge(g, files, name, file{Size: int64(i)}, time.Now())
		}
		var list map[string]file
		g.Expect(json.NewDecoder(get(files, "/", "").Body).Decode(&list)).To(Succeed())
		g.Expect(list).To(HaveLen(len(names)))
		g.Expect(list).To(HaveKey("/plain.txt"))
		for path, want := range list {
			var got file
			g.Expect(json.NewDecoder(get(files, path, "").Body).Decode(&got)).To(Succeed(), path)
			g.Expect(got).To(Equal(want))
		}
	})
}
