package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree is a directory with an old and a new file, and one from the future.
func tree(t *testing.T) string {
	dir := t.TempDir()
	write := func(name string, age time.Duration) {
		path := filepath.Join(dir, name)
		at := time.Now().Add(-age)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("old.txt", 48*time.Hour)
	write("sub/new.txt", time.Hour)
	write("future.txt", -time.Hour)
	write(".git/config", time.Hour)
	return dir
}

func TestTourShowsEachStepWithEitherEngine(t *testing.T) {
	for _, engine := range []string{"actor", "mutex"} {
		t.Run(engine, func(t *testing.T) {
			g := NewWithT(t)
			var out, errs bytes.Buffer
			g.Expect(run(t.Context(), &out, &errs, []string{"-dir", tree(t), "-engine", engine})).To(Succeed())
			g.Expect(out.String()).To(And(
				ContainSubstring("2 files of"),
				MatchRegexp(`ModifiedSince\)\n  .* 11 bytes  sub/new.txt\n\n`),
				ContainSubstring(`set for 200ms:     "hello", present: true`),
				ContainSubstring(`200ms later:       "", present: false`),
				ContainSubstring("nobody wrote:       changed: false"),
				ContainSubstring(`changed: true, to "v2"`),
				ContainSubstring(`won: false, it is "theirs"`),
				ContainSubstring(`won: true, it is "mine"`),
				ContainSubstring("request 3, window closes"),
				ContainSubstring("entries 2, sets 2"),
			))
			g.Expect(errs.String()).To(MatchRegexp(`^example: passed over future.txt: .*in the future.*\n$`))
		})
	}
}

func TestErrorsAreOneClearLine(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-dir", "no/such/place"}, "no such file"},
		{[]string{"-dir", "run.go"}, "not a directory"},
		{[]string{"-engine", "magic"}, `unknown engine "magic": use actor or mutex`},
		{[]string{"-http", taken.Addr().String()}, "address already in use"},
		{[]string{"here"}, `unexpected argument "here"`},
		{[]string{"-dri", "x"}, "-dri"},
	} {
		g := NewWithT(t)
		var out, errs bytes.Buffer
		err := run(t.Context(), &out, &errs, c.args)
		g.Expect(err).To(MatchError(ContainSubstring(c.want)))
		g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
		g.Expect(out.String() + errs.String()).To(BeEmpty())
	}
}

func TestHelpExplains(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	g.Expect(run(t.Context(), io.Discard, &out, []string{"-h"})).To(MatchError(flag.ErrHelp))
	g.Expect(out.String()).To(And(ContainSubstring("-dir"), ContainSubstring("-engine"), ContainSubstring("-http")))
}

func TestServerAnswersByLastModified(t *testing.T) {
	g := NewWithT(t)
	files, err := open[file]("mutex")
	g.Expect(err).NotTo(HaveOccurred())
	defer files.Close()
	g.Expect(read(files, tree(t), io.Discard)).To(Succeed())
	get := func(path, since string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-Modified-Since", since)
		w := httptest.NewRecorder()
		handler(files).ServeHTTP(w, r)
		return w.Result()
	}
	for _, path := range []string{"/", "/sub/new.txt"} {
		first := get(path, "")
		g.Expect(first.StatusCode).To(Equal(http.StatusOK))
		g.Expect(first.Header.Get("Last-Modified")).NotTo(BeEmpty())
		g.Expect(get(path, first.Header.Get("Last-Modified")).StatusCode).To(Equal(http.StatusNotModified))
	}
	seen := get("/sub/new.txt", "").Header.Get("Last-Modified")
	g.Expect(files.Set("sub/new.txt", file{Size: 1}, lastmodstore.NoExpiry)).To(Succeed())
	again := get("/sub/new.txt", seen)
	g.Expect(again.StatusCode).To(Equal(http.StatusOK))
	body, _ := io.ReadAll(again.Body)
	g.Expect(body).To(ContainSubstring(`"size": 1`))
	g.Expect(get("/nothing", "").StatusCode).To(Equal(http.StatusNotFound))
	w := httptest.NewRecorder()
	handler(files).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	g.Expect(w.Code).To(Equal(http.StatusMethodNotAllowed))
}

func TestServerStopsWithItsContext(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	out, announced := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, announced, io.Discard, []string{"-dir", tree(t), "-http", "localhost:0"})
	}()
	line := make([]byte, 200)
	n, err := out.Read(line) // it listens by now
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(line[:n])).To(HavePrefix("serving 2 files' metadata on http://"))
	cancel()
	g.Eventually(ended).WithTimeout(10 * time.Second).Should(Receive(BeNil()))
}
