package debugpage

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// inBubble runs test in a bubble on a store without goroutines of its own.
func inBubble(t *testing.T, test func(t *testing.T, s lastmodstore.Store[string, string])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := mutexstore.New[string, string](0, lastmodstore.CountReads())
		defer s.Close()
		test(t, s)
	})
}

// A message is one server-sent event.
type message struct{ raw, id, event, data string }

func parse(raw string) message {
	m := message{raw: raw}
	for _, line := range strings.Split(raw, "\n") {
		switch field, value, _ := strings.Cut(line, ": "); field {
		case "id":
			m.id = value
		case "event":
			m.event = value
		case "data":
			m.data = value
		}
	}
	return m
}

func (m message) update(g Gomega) (u update) {
	g.Expect(m.event).To(Equal("update"))
	g.Expect(json.Unmarshal([]byte(m.data), &u)).To(Succeed())
	return u
}

// A connection is a stream without a network, for a bubble.
type connection struct {
	messages chan string
	header   http.Header
	status   int
	leave    func()
	ended    chan struct{}
}

func (c *connection) Header() http.Header         { return c.header }
func (c *connection) WriteHeader(status int)      { c.status = status }
func (c *connection) Write(p []byte) (int, error) { c.messages <- string(p); return len(p), nil }
func (c *connection) Flush()                      {}

// connect requests the stream. It leaves when the test ends.
func connect(t *testing.T, h http.Handler, header http.Header) *connection {
	ctx, cancel := context.WithCancel(t.Context())
	c := &connection{messages: make(chan string, 1000), header: http.Header{}, status: http.StatusOK, ended: make(chan struct{})}
	c.leave = func() { cancel(); <-c.ended }
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/live", nil)
	r.Header = header
	go func() {
		defer close(c.ended)
		h.ServeHTTP(c, r)
	}()
	t.Cleanup(c.leave)
	return c
}

func (c *connection) next(g Gomega) message {
	var raw string
	g.Eventually(c.messages, time.Minute).Should(Receive(&raw))
	return parse(raw)
}

func kinds(changes []change) (all []string) {
	for _, c := range changes {
		text := c.Kind
		if c.Key != nil {
			text += " " + c.Key.Text
		}
		all = append(all, text)
	}
	return all
}

// dataOf returns the data of the messages, one after the other.
func dataOf(r *bufio.Reader) *dataReader { return &dataReader{r: r} }

type dataReader struct {
	r    *bufio.Reader
	rest string
}

func (d *dataReader) Read(p []byte) (int, error) {
	for d.rest == "" {
		line, err := d.r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		d.rest, _ = strings.CutPrefix(line, "data: ")
		if d.rest == line {
			d.rest = ""
		}
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}
