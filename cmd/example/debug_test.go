package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func TestDebugPageShowsTheFiles(t *testing.T) {
	withFiles(t, func(g Gomega, files fileStore) {
		merge(g, files, "sub/new.txt", file{Size: 3}, time.Now())
		h := withDebugPage(files, handler(files))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, debugPath, nil))
		g.Expect(w.Code).To(Equal(http.StatusOK))
		g.Expect(w.Body.String()).To(ContainSubstring("<code>sub/new.txt</code>"))
		w = httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sub/new.txt", nil))
		g.Expect(w.Body.String()).To(ContainSubstring(`"size": 3`))
	})
}

func TestOpenDebugPageDoesNotDelayTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		files := mutexstore.New[string, file](0)
		defer files.Close()
		ctx, cancel := context.WithCancel(t.Context())
		listener := pipes{make(chan net.Conn), make(chan struct{})}
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, listener, withDebugPage(files, handler(files))) }()
		c := listener.dial()
		defer c.Close()
		fmt.Fprint(c, "GET /debug/store/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
		reader := bufio.NewReader(c)
		g.Expect(reader.ReadString('\n')).To(Equal("HTTP/1.1 200 OK\r\n"))
		go io.Copy(io.Discard, reader)
		time.Sleep(2 * time.Minute) // longer than other responses may take
		began := time.Now()
		cancel()
		g.Expect(<-ended).To(Succeed())
		g.Expect(time.Since(began)).To(BeNumerically("<", shutdownGrace))
	})
}
