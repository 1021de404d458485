package debugpage

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
)

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
