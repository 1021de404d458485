package lastmodstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// allow counts a client's requests in windows that begin with a request, and reports
// whether the present request is within the limit. A refused client has to wait until
// reset, when the window closes. The window must be positive: 0 is NoExpiry, so the
// window would never close.
func allow(s lastmodstore.Store[string, int], client string, limit int, window time.Duration) (ok bool, reset time.Time, err error) {
	e, err := lastmodstore.Add(s, client, 1, window)
	return err == nil && e.Value <= limit, e.ExpiresAt, err
}

// limited refuses requests beyond the limit with status 429 and a Retry-After header in
// whole seconds, rounded up.
func limited(s lastmodstore.Store[string, int], limit int, window time.Duration, next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ok, reset, err := allow(s, r.RemoteAddr, limit, window)
		switch {
		case err != nil:
			http.Error(w, "no rate limit available", http.StatusServiceUnavailable)
		case !ok:
			wait := (time.Until(reset) + time.Second - 1) / time.Second
			w.Header().Set("Retry-After", strconv.Itoa(int(max(1, wait))))
			http.Error(w, "too many requests", http.StatusTooManyRequests)
		default:
			next.ServeHTTP(w, r)
		}
	}
}

// errLimited makes Update store nothing.
var errLimited = errors.New("rate limit reached")

// allowSliding stores the times of the requests that it has allowed, so that no window of
// that length, wherever it begins, contains more than limit of them. For a refused
// request, reset is when the oldest of them leaves the window.
func allowSliding(s lastmodstore.Store[string, []time.Time], client string, limit int, window time.Duration) (ok bool, reset time.Time, err error) {
	_, err = lastmodstore.Update(s, client, func(old lastmodstore.Entry[[]time.Time], _ bool) ([]time.Time, time.Duration, error) {
		now := time.Now()
		recent := slices.DeleteFunc(slices.Clone(old.Value), func(t time.Time) bool { return now.Sub(t) >= window })
		if len(recent) >= limit {
			reset = recent[len(recent)-limit].Add(window)
			return nil, 0, errLimited
		}
		return append(recent, now), window, nil
	})
	if err == errLimited {
		return false, reset, nil
	}
	return err == nil, time.Time{}, err
}

func Example_rateLimit() {
	s := mutexstore.New[string, int](time.Minute)
	defer s.Close()
	for range 4 {
		ok, reset, err := allow(s, "10.0.0.1", 3, time.Minute)
		fmt.Println(ok, time.Until(reset).Round(time.Second), err)
	}
	// Output:
	// true 1m0s <nil>
	// true 1m0s <nil>
	// true 1m0s <nil>
	// false 1m0s <nil>
}

func Example_slidingRateLimit() {
	s := mutexstore.New[string, []time.Time](time.Minute)
	defer s.Close()
	for range 3 {
		ok, _, err := allowSliding(s, "10.0.0.1", 2, time.Minute)
		fmt.Println(ok, err)
	}
	// Output:
	// true <nil>
	// true <nil>
	// false <nil>
}

func TestRateLimitAllowsExactlyTheLimitInEachWindow(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		for range 5 { // windows
			closes := time.Now().Add(time.Minute)
			var allowed atomic.Int32
			concurrently(20, func(int, *rand.Rand) {
				for range 20 {
					ok, reset, err := allow(s, "client", 37, time.Minute)
					g.Expect(err).NotTo(HaveOccurred())
					g.Expect(reset).To(Equal(closes), "10: later additions do not extend the window")
					if ok {
						allowed.Add(1)
					}
				}
			})
			g.Expect(allowed.Load()).To(BeEquivalentTo(37))
			time.Sleep(time.Minute)
		}
	})
}

func TestRefusedClientIsAllowedAfterRetryAfter(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		served := limited(s, 1, 2*time.Second+time.Millisecond, http.NotFoundHandler())
		get := func() *http.Response {
			w := httptest.NewRecorder()
			served(w, httptest.NewRequest(http.MethodGet, "/", nil))
			return w.Result()
		}
		g.Expect(get().StatusCode).To(Equal(http.StatusNotFound))
		refused := get()
		g.Expect(refused.StatusCode).To(Equal(http.StatusTooManyRequests))
		g.Expect(refused.Header.Get("Retry-After")).To(Equal("3"))
		time.Sleep(3 * time.Second)
		g.Expect(get().StatusCode).To(Equal(http.StatusNotFound))
		s.Close()
		g.Expect(get().StatusCode).To(Equal(http.StatusServiceUnavailable))
	})
}

func TestRateLimitWindowSurvivesARestart(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		_, closes, _ := allow(s, "client", 2, time.Minute)
		time.Sleep(time.Second)
		s = restart(g, s)
		defer s.Close()
		for _, want := range []bool{true, false} {
			ok, reset, err := allow(s, "client", 2, time.Minute)
			g.Expect(ok, err).To(Equal(want))
			g.Expect(reset).To(BeTemporally("==", closes))
		}
	})
}

func TestClearOpensNewRateLimitWindows(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		allow(s, "client", 1, time.Minute)
		time.Sleep(time.Second)
		g.Expect(s.Clear()).To(Succeed())
		ok, reset, err := allow(s, "client", 1, time.Minute)
		g.Expect(ok, err).To(BeTrue())
		g.Expect(reset).To(Equal(time.Now().Add(time.Minute)))
	})
}

func TestSlidingRateLimitHoldsForEveryWindow(t *testing.T) {
	const limit, window = 7, time.Minute
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, []time.Time]) {
		var mu sync.Mutex
		var allowed []time.Time
		concurrently(5, func(_ int, random *rand.Rand) {
			for range 200 {
				time.Sleep(time.Duration(random.Int64N(int64(10 * time.Second))))
				if ok, _, _ := allowSliding(s, "client", limit, window); ok {
					mu.Lock()
					allowed = append(allowed, time.Now())
					mu.Unlock()
				}
			}
		})
		for i := limit; i < len(allowed); i++ {
			g.Expect(allowed[i].Sub(allowed[i-limit])).To(BeNumerically(">=", window))
		}
		g.Expect(len(allowed)).To(BeNumerically(">", 100))
	})
}

func TestSlidingRateLimitReportsWhenTheOldestRequestLeaves(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, []time.Time]) {
		ask := func() (bool, time.Time) {
			ok, reset, err := allowSliding(s, "client", 2, time.Minute)
			g.Expect(err).NotTo(HaveOccurred())
			return ok, reset
		}
		first := time.Now()
		ask()
		time.Sleep(10 * time.Second)
		ask()
		s = restart(g, s)
		defer s.Close()
		ok, reset := ask()
		g.Expect(ok).To(BeFalse())
		g.Expect(reset).To(BeTemporally("==", first.Add(time.Minute)))
		time.Sleep(time.Until(reset))
		ok, _ = ask()
		g.Expect(ok).To(BeTrue())
		ok, _ = ask()
		g.Expect(ok).To(BeFalse())
		g.Expect(s.Clear()).To(Succeed())
		ok, _ = ask()
		g.Expect(ok).To(BeTrue())
	})
}
