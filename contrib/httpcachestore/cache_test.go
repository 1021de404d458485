package httpcachestore_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gregjones/httpcache/test"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/httpcachestore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type responses = lastmodstore.Store[string, []byte]

func TestCache(t *testing.T) { // as httpcache tests its own caches
	engines.Each(t, func(t *testing.T, s responses) { test.Cache(t, httpcachestore.New(s, time.Hour, nil)) })
}

// mustNotFail returns a cache that fails the test with each error.
func mustNotFail(t *testing.T, s responses, ttl time.Duration) *httpcachestore.Cache {
	return httpcachestore.New(s, ttl, func(key string, err error) { t.Errorf("%s: %v", key, err) })
}

func TestAnAbsentResponseIsNotOk(t *testing.T) {
	engines.Each(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		c := mustNotFail(t, s, time.Hour)
		response, ok := c.Get("a")
		g.Expect(ok).To(BeFalse())
		g.Expect(response).To(BeNil())
		c.Delete("a")
	})
}

func TestSetReplacesTheResponse(t *testing.T) {
	engines.Each(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		c := mustNotFail(t, s, lastmodstore.NoExpiry)
		c.Set("a", []byte("first"))
		c.Set("b", nil)
		c.Set("a", []byte("second"))
		expectResponse(g, c, "a", "second")
		expectResponse(g, c, "b", "")
	})
}

func expectResponse(g *WithT, c *httpcachestore.Cache, key, want string) {
	response, ok := c.Get(key)
	g.ExpectWithOffset(1, ok).To(BeTrue())
	g.ExpectWithOffset(1, string(response)).To(Equal(want))
}

func TestAResponseIsRemovedWhenItWasNotStoredForTheTTL(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		c := mustNotFail(t, s, time.Hour)
		forever := mustNotFail(t, s, lastmodstore.NoExpiry)
		c.Set("a", []byte("data"))
		c.Set("confirmed", []byte("data"))
		forever.Set("forever", []byte("data"))
		time.Sleep(time.Hour - 1)
		expectResponse(g, c, "a", "data")
		c.Set("confirmed", []byte("data"))

		time.Sleep(time.Nanosecond) // a was read, which extends nothing
		_, ok := c.Get("a")
		g.Expect(ok).To(BeFalse())
		expectResponse(g, c, "confirmed", "data")
		time.Sleep(100 * time.Hour)
		expectResponse(g, c, "forever", "data")
	})
}

func TestBytesBelongToTheCaller(t *testing.T) {
	engines.Each(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		c := mustNotFail(t, s, time.Hour)
		response := []byte("data")
		c.Set("a", response)
		response[0] = 'X'
		got, _ := c.Get("a")
		got[1] = 'X'
		expectResponse(g, c, "a", "data")
	})
}

func TestErrorsArePassedToTheFunction(t *testing.T) {
	engines.Each(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		var failures []string
		c := httpcachestore.New(s, time.Hour, func(key string, err error) {
			g.Expect(err).To(MatchError(lastmodstore.ErrClosed))
			failures = append(failures, key)
		})
		silent := httpcachestore.New(s, time.Hour, nil)
		g.Expect(s.Close()).To(Succeed())
		for _, c := range []*httpcachestore.Cache{c, silent} {
			c.Set("set", []byte("data"))
			c.Delete("deleted")
			_, ok := c.Get("got")
			g.Expect(ok).To(BeFalse())
		}
		g.Expect(failures).To(Equal([]string{"set", "deleted"}))
	})
}

// The response before is superseded, and httpcache would use it as long as it is fresh.
func TestAResponseThatCannotBeStoredRemovesTheOneBefore(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, []byte](0, lastmodstore.MaxWeight(3, func(_ string, response []byte) int { return len(response) }))
	defer s.Close()
	var failures []error
	c := httpcachestore.New(s, time.Hour, func(_ string, err error) { failures = append(failures, err) })
	c.Set("a", []byte("one"))
	c.Set("a", []byte("three"))
	_, ok := c.Get("a")
	g.Expect(ok).To(BeFalse())
	g.Expect(failures).To(ConsistOf(MatchError(lastmodstore.ErrFull)))
}

func TestACapacityEvictsResponses(t *testing.T) {
	engines.Each(t, func(t *testing.T, s responses) {
		c := mustNotFail(t, s, time.Hour)
		for n := range 100 {
			c.Set(fmt.Sprint(n), []byte("data"))
		}
		NewWithT(t).Expect(s.Len()).To(And(BeNumerically(">", 0), BeNumerically("<", 50)))
	}, lastmodstore.MaxEntries(10))
}

func TestNewPanicsOnANegativeTTL(t *testing.T) {
	engines.Each(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		for _, ttl := range []time.Duration{lastmodstore.KeepTTL, -time.Hour} {
			g.Expect(func() { httpcachestore.New(s, ttl, nil) }).To(PanicWith(ContainSubstring("the TTL is " + ttl.String())))
		}
	})
}

func TestConcurrentCallersSeeWholeResponses(t *testing.T) {
	engines.Each(t, func(t *testing.T, s responses) {
		g := NewWithT(t)
		c := mustNotFail(t, s, time.Hour)
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				for range 50 {
					c.Set("a", []byte(strings.Repeat(fmt.Sprint(n), 1000)))
					if response, ok := c.Get("a"); ok {
						g.Expect(string(response)).To(Equal(strings.Repeat(string(response[0]), 1000)))
						response[0] = 'X'
					}
					if n == 0 {
						c.Delete("a")
					}
				}
			})
		}
		wg.Wait()
	})
}
