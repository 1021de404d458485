package debugpage

import (
	"bufio"
	"context"
	"encoding/json"
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
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
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

func TestChangesAreSentLiveByEachEngine(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[string, int]) {
		g := NewWithT(t)
		server := httptest.NewServer(New(Store("main", s)))
		defer server.Close()
		defer server.Client().CloseIdleConnections()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/live?store=main", nil)
		g.Expect(err).NotTo(HaveOccurred())
		response, err := server.Client().Do(r)
		g.Expect(err).NotTo(HaveOccurred())
		defer response.Body.Close()
		g.Expect(response.Header.Get("Content-Type")).To(Equal("text/event-stream"))
		g.Expect(response.Header.Get("Cache-Control")).To(Equal("no-store"))

		updates := json.NewDecoder(dataOf(bufio.NewReader(response.Body)))
		var u update
		g.Expect(updates.Decode(&u)).To(Succeed())
		g.Expect(u.Figures[0]).To(Equal(figure{Name: "Entries", Value: "0"}))

		// Each as soon as the previous one has been received: superseded ones are skipped.
		for _, step := range []struct {
			do   func() error
			want string
		}{
			{func() error { return s.Set("a", 1, time.Hour) }, "Modified a"},
			{func() error { return s.Set("b", 1, lastmodstore.NoExpiry) }, "Modified b"},
			{func() error { _, err := s.Delete("a"); return err }, "Deleted a"},
		} {
			g.Expect(step.do()).To(Succeed())
			for u = (update{}); len(u.Changes) == 0; {
				g.Expect(updates.Decode(&u)).To(Succeed())
			}
			g.Expect(kinds(u.Changes)).To(Equal([]string{step.want}))
		}
		for u.Figures[0].Value != "1" {
			g.Expect(updates.Decode(&u)).To(Succeed())
		}
	})
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

func TestUpdatesHaveRatesOfTheLastSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		c := connect(t, New(Store("main", s)), nil)
		g.Expect(rate(g, c.next(g), "Sets")).To(BeEmpty())
		for range 4 {
			set(t, s, "k", "")
		}
		s.Get("k")
		time.Sleep(interval)
		g.Expect(rate(g, c.next(g), "Sets")).To(Equal("8.0/s"))
		time.Sleep(interval)
		m := c.next(g)
		g.Expect(rate(g, m, "Sets")).To(Equal("4.0/s"))
		g.Expect(rate(g, m, "Entries")).To(BeEmpty(), "it is not a counter")
		g.Expect(rate(g, m, "Hits")).To(Equal("1.0/s"))
		time.Sleep(10 * time.Second)
		for range 19 {
			c.next(g)
		}
		g.Expect(rate(g, c.next(g), "Sets")).To(Equal("0/s"))
	})
}

func rate(g Gomega, m message, name string) string {
	for _, f := range m.update(g).Figures {
		if f.Name == name {
			return f.Rate
		}
	}
	return "no figure " + name
}

func TestReconnectedClientMissesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		h := New(Store("main", s))
		c := connect(t, h, nil)
		c.next(g)
		set(t, s, "a", "")
		time.Sleep(interval)
		m := c.next(g)
		g.Expect(kinds(m.update(g).Changes)).To(Equal([]string{"Modified a"}))
		c.leave()

		set(t, s, "b", "")
		_, err := s.Delete("a")
		g.Expect(err).NotTo(HaveOccurred())
		c = connect(t, h, http.Header{"Last-Event-Id": {m.id}})
		c.next(g)
		time.Sleep(interval)
		g.Expect(kinds(c.next(g).update(g).Changes)).To(Equal([]string{"Modified b", "Deleted a"}))
	})
}

func TestPositionBeforeTheStoreWasOpenedIsAResync(t *testing.T) {
	inBubble(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		set(t, s, "a", "")
		c := connect(t, New(Store("main", s)), http.Header{"Last-Event-Id": {"1"}})
		c.next(g)
		time.Sleep(interval)
		changes := c.next(g).update(g).Changes
		g.Expect(kinds(changes)).To(HaveExactElements("Resync"))
	})
}

// A store that changes fast costs a limited number of events for each message, and what
// is shown then are its latest changes.
func TestFastStoreCostsALimitedNumberOfEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, plain lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		s := &counting[string, string]{Store: plain}
		c := connect(t, New(Store("main", s)), nil)
		c.next(g)
		synctest.Wait()
		for i := range 10_000 {
			set(t, plain, fmt.Sprint(i), "")
		}
		time.Sleep(interval)
		u := c.next(g).update(g)
		g.Expect(u.Changes).To(HaveLen(maxChanges))
		g.Expect(u.More).To(BeTrue())
		synctest.Wait()
		g.Expect(s.yielded.Load()).To(BeEquivalentTo(maxChanges + 1))
		set(t, plain, "the latest", "")
		time.Sleep(interval)
		u = c.next(g).update(g)
		g.Expect(kinds(u.Changes)).To(Equal([]string{"Modified the latest"}))
		g.Expect(u.More).To(BeFalse())
	})
}

func TestStreamEndsWhenTheStoreIsClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		c := connect(t, New(Store("main", s)), nil)
		c.next(g)
		g.Expect(s.Close()).To(Succeed())
		g.Expect(c.next(g).event).To(Equal("closed"))
		<-c.ended
	})
}

func TestNumberOfStreamsIsLimited(t *testing.T) {
	inBubble(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		h := New(Store("main", s), MaxStreams(2))
		first := connect(t, h, nil)
		connect(t, h, nil).next(g)
		first.next(g)
		third := connect(t, h, nil)
		<-third.ended
		g.Expect(third.status).To(Equal(http.StatusServiceUnavailable))
		g.Expect(<-third.messages).To(HavePrefix("2 pages receive changes live already, which is the limit"))
		get(t, h, "/") // everything else is served
		first.leave()
		g.Expect(connect(t, h, nil).next(g).event).To(Equal("update"))
	})
}

// The bubble does not end while a goroutine runs in it.
func TestNothingHappensWhileNobodyLooks(t *testing.T) {
	inBubble(t, func(t *testing.T, plain lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		s := &counting[string, string]{Store: plain}
		h := New(Store("main", s))
		idle := func() {
			synctest.Wait()
			calls := s.calls.Load()
			set(t, plain, "k", "")
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			g.Expect(s.calls.Load()).To(Equal(calls))
			g.Expect(s.watching.Load()).To(BeZero())
			g.Expect(h.streams).To(BeEmpty())
		}
		idle()
		g.Expect(s.calls.Load()).To(BeZero())
		get(t, h, "/")
		idle()
		c := connect(t, h, nil)
		c.next(g)
		synctest.Wait()
		g.Expect(s.watching.Load()).To(BeEquivalentTo(1))
		c.leave()
		idle()
	})
}

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
