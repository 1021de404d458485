package lastmodstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// eachEngine runs a test of a recipe in a bubble, on both engines.
func eachEngine[V any](t *testing.T, test func(g Gomega, s lastmodstore.Store[string, V])) {
	for name, open := range map[string]func() lastmodstore.Store[string, V]{
		"actor": func() lastmodstore.Store[string, V] { return actor.New[string, V](time.Second) },
		"mutex": func() lastmodstore.Store[string, V] { return mutexstore.New[string, V](time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open()
				defer s.Close()
				test(NewWithT(t), s)
			})
		})
	}
}

func beside(n int, f func(i int, random *rand.Rand)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	wg.Wait()
}

func TestRateLimitAllowsNotOneTooMany(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		for range 5 { // windows
			var allowed atomic.Int32
			beside(20, func(int, *rand.Rand) {
				for range 20 {
					if ok, _ := allow(s, "client", 37, time.Minute); ok {
						allowed.Add(1)
					}
				}
			})
			g.Expect(allowed.Load()).To(BeEquivalentTo(37))
			time.Sleep(time.Minute)
		}
	})
}

func TestSlidingRateLimitHoldsForEveryWindow(t *testing.T) {
	const limit, window = 7, time.Minute
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, []time.Time]) {
		var mu sync.Mutex
		var allowed []time.Time
		beside(5, func(_ int, random *rand.Rand) {
			for range 200 {
				time.Sleep(time.Duration(random.Int64N(int64(10 * time.Second))))
				if ok, _ := allowSliding(s, "client", limit, window); ok {
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

func TestLeaseHasOneHolder(t *testing.T) {
	const ttl = time.Second
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		var mu sync.Mutex
		var highest time.Time // token that the resource has seen
		held, refused := 0, 0
		use := func(token time.Time) {
			mu.Lock()
			defer mu.Unlock()
			if token.Before(highest) {
				refused++
				return
			}
			highest = token
			held++
		}
		var holding atomic.Int32
		beside(6, func(i int, random *rand.Rand) {
			for range 50 {
				l, won, err := acquire(s, "lease", fmt.Sprint(i), ttl)
				g.Expect(err).NotTo(HaveOccurred())
				if !won {
					time.Sleep(time.Duration(random.Int64N(int64(ttl))))
					continue
				}
				until := time.Now().Add(ttl)
				g.Expect(holding.Add(1)).To(BeEquivalentTo(1), "two holders")
				time.Sleep(time.Duration(random.Int64N(int64(ttl - 1))))
				if ok, _ := l.renew(fmt.Sprint(i), ttl); ok {
					until = time.Now().Add(ttl)
				}
				use(l.token)
				holding.Add(-1)
				if random.IntN(2) == 0 {
					ok, _ := l.release()
					g.Expect(ok).To(BeTrue())
					continue
				}
				time.Sleep(time.Until(until) + time.Duration(random.Int64N(int64(ttl)))) // lost it
				ok, _ := l.renew(fmt.Sprint(i), ttl)
				g.Expect(ok).To(BeFalse(), "a lost lease is renewed")
				ok, _ = l.release()
				g.Expect(ok).To(BeFalse(), "somebody else's lease is released")
				use(l.token)
			}
		})
		g.Expect(held).To(BeNumerically(">", 20))
		g.Expect(refused).To(BeNumerically(">", 0), "fencing had nothing to do")
	})
}

func TestExpiredSessionStaysExpired(t *testing.T) {
	const idle = time.Minute
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		g.Expect(s.Set("id", "alice", idle)).To(Succeed())
		for range 10 {
			time.Sleep(idle - 1)
			_, ok := session(s, "id", idle)
			g.Expect(ok).To(BeTrue())
		}
		time.Sleep(idle)
		beside(4, func(int, *rand.Rand) {
			_, ok := session(s, "id", idle)
			g.Expect(ok).To(BeFalse())
		})
	})
}

func TestFlagsAreSoonAsTheStoreHasThem(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
		ctx, stop := context.WithCancel(context.Background())
		flags := map[string]bool{}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			follow(ctx, s, func(flag string, on bool) { flags[flag] = on })
		}()
		for range 20 {
			beside(4, func(_ int, random *rand.Rand) {
				for range 50 {
					flag := fmt.Sprint(random.IntN(10))
					if random.IntN(3) == 0 {
						s.Delete(flag)
					} else {
						s.Set(flag, random.IntN(2) == 0, lastmodstore.NoExpiry)
					}
				}
			})
			synctest.Wait()
			for i := range 10 {
				on, _ := s.Get(fmt.Sprint(i))
				g.Expect(flags[fmt.Sprint(i)]).To(Equal(on))
			}
		}
		stop()
		<-ended
	})
}

func TestAuditTrailHasEveryTransitionOnce(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, int]) {
		var trail []int // of one key; appended to by one goroutine
		s.OnRemove(func(_ string, was lastmodstore.Entry[int], _ lastmodstore.EventKind) {
			trail = append(trail, was.Value)
		})
		beside(4, func(int, *rand.Rand) {
			for range 250 {
				lastmodstore.Add(s, "state", 1, lastmodstore.NoExpiry)
			}
		})
		s.Close()
		g.Expect(trail).To(HaveLen(999), "the last one was not replaced")
		for i, state := range trail {
			g.Expect(state).To(Equal(i + 1))
		}
	})
}
