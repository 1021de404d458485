package debugpage

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// pipes is a listener without buffers.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestClientThatDoesNotReadIsDroppedAndHoldsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, plain lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		s := &counting[string, string]{Store: plain}
		h := New(Store("main", s))
		listener := pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: h, WriteTimeout: time.Second}
		served := make(chan error)
		go func() { served <- server.Serve(listener) }()
		client, conn := net.Pipe()
		listener.conns <- conn
		defer client.Close()
		fmt.Fprint(client, "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")

		// It reads for longer than the server's deadline for a response, and then no more.
		reader := bufio.NewReader(client)
		for range 10 {
			for line := ""; !strings.HasPrefix(line, "event: update"); {
				var err error
				line, err = reader.ReadString('\n')
				g.Expect(err).NotTo(HaveOccurred())
			}
		}
		time.Sleep(interval)
		synctest.Wait()
		calls := s.calls.Load()
		time.Sleep(patience - time.Second)
		synctest.Wait()
		g.Expect(h.streams).To(HaveLen(1))
		g.Expect(s.calls.Load()).To(Equal(calls), "it waits for the client, not for the store")
		g.Expect(s.watching.Load()).To(BeZero())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		g.Expect(h.streams).To(BeEmpty())
		g.Expect(server.Close()).To(Succeed())
		<-served
	})
}

func TestWriterThatCannotFlushIsRefusedInWords(t *testing.T) {
	g := NewWithT(t)
	h := New(Store("main", open(t)))
	w := httptest.NewRecorder()
	h.ServeHTTP(hide{w}, httptest.NewRequest(http.MethodGet, "/live", nil))
	g.Expect(w.Code).To(Equal(http.StatusInternalServerError))
	g.Expect(w.Body.String()).To(HavePrefix("changes cannot be sent live"))
	g.Expect(h.streams).To(BeEmpty())
}

// hide hides the methods of a recorder that are not those of a ResponseWriter.
type hide struct{ w *httptest.ResponseRecorder }

func (h hide) Header() http.Header         { return h.w.Header() }
func (h hide) Write(p []byte) (int, error) { return h.w.Write(p) }
func (h hide) WriteHeader(status int)      { h.w.WriteHeader(status) }
