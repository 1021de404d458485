package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// pipes is a listener without a network, for a bubble.
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

func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// stopping serves h in a bubble to the client, ends the server's context and
// returns how long the server took to end.
func stopping(t *testing.T, h http.HandlerFunc, client func(g Gomega, c net.Conn)) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		ctx, cancel := context.WithCancel(t.Context())
		listener := pipes{make(chan net.Conn), make(chan struct{})}
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, listener, h) }()
		c := listener.dial()
		defer c.Close()
		client(g, c)
		synctest.Wait()
		began := time.Now()
		cancel()
		g.Expect(<-ended).To(Succeed())
		took = time.Since(began)
	})
	return took
}

func send(g Gomega, c net.Conn, text string) {
	_, err := io.WriteString(c, text)
	g.Expect(err).NotTo(HaveOccurred())
}

func TestStoppingWaitsForNoConnectionThatIsSilentOrIdle(t *testing.T) {
	for name, client := range map[string]func(Gomega, net.Conn){
		"silent":           func(Gomega, net.Conn) {},
		"within a request": func(g Gomega, c net.Conn) { send(g, c, "GET / HT") },
		"idle": func(g Gomega, c net.Conn) {
			send(g, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			g.Expect(err).NotTo(HaveOccurred())
			io.Copy(io.Discard, r.Body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			took := stopping(t, func(w http.ResponseWriter, r *http.Request) {}, client)
			NewWithT(t).Expect(took).To(BeNumerically("<", shutdownGrace/10))
		})
	}
}

func TestStoppingGivesARequestInProgressAWhile(t *testing.T) {
	finished := false
	took := stopping(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(shutdownGrace / 2)
		finished = true
	}, func(g Gomega, c net.Conn) {
		send(g, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		go io.Copy(io.Discard, c)
	})
	g := NewWithT(t)
	g.Expect(finished).To(BeTrue())
	g.Expect(took).To(BeNumerically("<", shutdownGrace))
}

func TestStoppingEndsAClientThatDoesNotRead(t *testing.T) {
	took := stopping(t, func(http.ResponseWriter, *http.Request) {}, func(g Gomega, c net.Conn) {
		send(g, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	})
	NewWithT(t).Expect(took).To(Equal(shutdownGrace))
}

func TestServerStopsWithItsContext(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	out, announced := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, announced, io.Discard, []string{"-dir", sample(t), "-http", "127.0.0.1:0"})
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(line).To(HavePrefix("serving 2 files' metadata on http://"))
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + addressOf(line) + "/old.txt")
	g.Expect(err).NotTo(HaveOccurred())
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	g.Expect(string(body), err).To(ContainSubstring(`"size": 7`))
	cancel()
	g.Eventually(ended).WithTimeout(time.Minute).Should(Receive(BeNil()))
}

// addressOf returns the address in the line that the server prints.
func addressOf(line string) string {
	_, rest, _ := strings.Cut(line, "http://")
	address, _, _ := strings.Cut(rest, "/")
	return address
}
