package limiterstore_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/ulule/limiter/v3"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/limiterstore"
)

type counters = lastmodstore.Store[string, int64]

var perHour = limiter.Rate{Period: time.Hour, Limit: 10}

// call is a method of a store that takes no count.
type call func(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error)

// expect calls f for a client and compares the result with the number of requests that
// remain, which is -1 for a client that is refused.
func expect(g *WithT, f call, rate limiter.Rate, remaining int64) limiter.Context {
	state, err := f(context.Background(), "client", rate)
	g.ExpectWithOffset(1, err).NotTo(HaveOccurred())
	g.ExpectWithOffset(1, state.Limit).To(Equal(rate.Limit))
	g.ExpectWithOffset(1, state.Remaining).To(Equal(max(0, remaining)))
	g.ExpectWithOffset(1, state.Reached).To(Equal(remaining < 0))
	return state
}

// add returns Increment as a call.
func add(s *limiterstore.Store, count int64) call {
	return func(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
		return s.Increment(ctx, key, count, rate)
	}
}

func TestEachMethodReturnsTheStateOfTheWindow(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		expect(g, store.Peek, perHour, 10)
		expect(g, store.Get, perHour, 9)
		expect(g, store.Peek, perHour, 9)
		expect(g, store.Peek, perHour, 9)
		expect(g, add(store, 7), perHour, 2)
		expect(g, add(store, 0), perHour, 2)
		expect(g, add(store, 2), perHour, 0)
		expect(g, store.Peek, perHour, 0)
		expect(g, store.Get, perHour, -1)
		expect(g, store.Peek, perHour, -1)
		expect(g, add(store, -4), perHour, 3)
		expect(g, store.Reset, perHour, 10)
		expect(g, store.Peek, perHour, 10)
		expect(g, store.Reset, perHour, 10)
		expect(g, store.Get, perHour, 9)
	})
}

func TestLaterCountsDoNotExtendTheWindow(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		end := time.Now().Add(time.Hour).Unix()
		g.Expect(expect(g, store.Get, perHour, 9).Reset).To(Equal(end))
		for i := range 4 {
			time.Sleep(14 * time.Minute)
			g.Expect(expect(g, store.Get, perHour, int64(8-i)).Reset).To(Equal(end))
			g.Expect(expect(g, store.Peek, perHour, int64(8-i)).Reset).To(Equal(end))
		}
		time.Sleep(4*time.Minute - 1)
		g.Expect(expect(g, add(store, 6), perHour, -1).Reset).To(Equal(end))
		time.Sleep(time.Nanosecond)
		g.Expect(expect(g, store.Peek, perHour, 10).Reset).To(Equal(end+3600), "the window is over")
		g.Expect(expect(g, store.Get, perHour, 9).Reset).To(Equal(end + 3600))
	})
}

func TestPeekAndResetDoNotOpenAWindow(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		inAnHour := func() int64 { return time.Now().Add(time.Hour).Unix() }
		for _, f := range []call{store.Peek, store.Reset} {
			g.Expect(expect(g, f, perHour, 10).Reset).To(Equal(inAnHour()))
			g.Expect(s.Len()).To(BeZero())
			time.Sleep(time.Minute)
			g.Expect(expect(g, store.Get, perHour, 9).Reset).To(Equal(inAnHour()))
			time.Sleep(time.Minute)
			g.Expect(expect(g, store.Reset, perHour, 10).Reset).To(Equal(inAnHour()))
		}
	})
}

func TestAChangedLimitAppliesAtOnce(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		expect(g, add(store, 5), perHour, 5)
		lower := limiter.Rate{Period: time.Hour, Limit: 4}
		expect(g, store.Peek, lower, -1)
		expect(g, store.Get, lower, -1)
		higher := limiter.Rate{Period: time.Hour, Limit: 100}
		expect(g, store.Peek, higher, 94)
		expect(g, store.Get, higher, 93)
	})
}

func TestAChangedPeriodAppliesToTheNextWindow(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		end := time.Now().Add(time.Hour).Unix()
		expect(g, store.Get, perHour, 9)
		perMinute := limiter.Rate{Period: time.Minute, Limit: 10}
		time.Sleep(59 * time.Minute)
		g.Expect(expect(g, store.Get, perMinute, 8).Reset).To(Equal(end))
		time.Sleep(time.Minute)
		g.Expect(expect(g, store.Get, perMinute, 9).Reset).To(Equal(end + 60))
	})
}

func TestKeysAndPrefixesAreCountedApart(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		hour, day := limiterstore.New(s, "hour"), limiterstore.New(s, "day")
		expect(g, hour.Get, perHour, 9)
		expect(g, day.Get, perHour, 9)
		for i := range 3 {
			other, err := day.Get(t.Context(), strconv.Itoa(i), perHour)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(other.Remaining).To(BeEquivalentTo(9))
		}
		expect(g, hour.Reset, perHour, 10)
		expect(g, day.Peek, perHour, 9)
	})
}
