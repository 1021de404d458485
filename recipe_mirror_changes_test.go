package lastmodstore_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// following starts m.follow on a goroutine, which ends when stop is called.
func following[V any](m *mirror[V], s lastmodstore.Store[string, V]) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.follow(ctx, s)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// expectMirrored waits until the follower is idle, and expects m to equal s.
func expectMirrored[V any](g Gomega, m *mirror[V], s lastmodstore.Store[string, V]) {
	synctest.Wait()
	want := map[string]V{}
	for key, e := range s.All() {
		want[key] = e.Value
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	g.Expect(maps.Clone(m.values)).To(HaveLen(len(want)))
	for key, v := range want {
		g.Expect(m.values).To(HaveKeyWithValue(key, v))
	}
}

func setFlags(g Gomega, s lastmodstore.Store[string, bool], n int) {
	for i := range n {
		g.Expect(s.Set(fmt.Sprint(i), true, lastmodstore.NoExpiry)).To(Succeed())
	}
}

func TestFlagsEqualTheStore(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
		var flags mirror[bool]
		defer following(&flags, s)()
		for round := range 20 {
			concurrently(4, func(i int, random *rand.Rand) {
				for range 50 {
					flag := fmt.Sprint(random.IntN(10))
					switch random.IntN(6) {
					case 0, 1:
						s.Delete(flag)
					case 2:
						s.Set(flag, true, time.Second)
					default:
						s.Set(flag, random.IntN(2) == 0, lastmodstore.NoExpiry)
					}
				}
				if i == 0 && round%2 == 1 {
					s.Clear()
				}
			})
			expectMirrored(g, &flags, s)
			time.Sleep(2 * time.Second) // a deadline and a cleanup
			expectMirrored(g, &flags, s)
		}
	})
}

// A probed store calls after when the watcher has taken an event.
type probed[V any] struct {
	lastmodstore.Store[string, V]
	after func()
}

func (s probed[V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[string, V]] {
	return func(yield func(lastmodstore.Event[string, V]) bool) {
		for e := range s.Store.Watch(ctx, since) {
			if !yield(e) {
				return
			}
			s.after()
		}
	}
}

// 24: CaughtUp follows what was there when the follower began.
func TestFlagsAreReadyWhenAllHaveArrived(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
			setFlags(g, s, n)
			var flags mirror[bool]
			taken := 0
			slow := probed[bool]{s, func() {
				taken++
				g.Expect(flags.ready()).To(Equal(taken > n))
				time.Sleep(time.Millisecond)
			}}
			g.Expect(flags.ready()).To(BeFalse())
			defer following(&flags, slow)()
			time.Sleep(time.Minute)
			expectMirrored(g, &flags, s)
			g.Expect(flags.ready()).To(BeTrue())
			g.Expect(flags.values).To(HaveLen(n))
		})
	}
}

// 25: Clear forgets the log, so it shows as Resync.
func TestFlagsTurnOffAfterClear(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
		var flags mirror[bool]
		defer following(&flags, s)()
		setFlags(g, s, 3)
		expectMirrored(g, &flags, s)
		g.Expect(s.Clear()).To(Succeed())
		expectMirrored(g, &flags, s)
		_, ok := flags.get("0")
		g.Expect(ok).To(BeFalse())
		setFlags(g, s, 1)
		expectMirrored(g, &flags, s)
	})
}

// A gated store blocks its watchers before each event until the gate is closed.
type gated[V any] struct {
	lastmodstore.Store[string, V]
	gate chan struct{}
}

func (s gated[V]) Watch(ctx context.Context, since time.Time) iter.Seq[lastmodstore.Event[string, V]] {
	return func(yield func(lastmodstore.Event[string, V]) bool) {
		for e := range s.Store.Watch(ctx, since) {
			if <-s.gate; !yield(e) {
				return
			}
		}
	}
}

// 25: a watcher that asks for more than is remembered first receives Resync.
func TestFlagsRemovedWhileTheFollowerWasSlowTurnOff(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
		setFlags(g, s, 9)
		var flags mirror[bool]
		slow := gated[bool]{s, make(chan struct{})}
		defer following(&flags, slow)()
		synctest.Wait() // the follower has its first event
		for i := range 8 {
			_, err := s.Delete(fmt.Sprint(i))
			g.Expect(err).NotTo(HaveOccurred())
		}
		close(slow.gate)
		expectMirrored(g, &flags, s)
		g.Expect(flags.values).To(HaveLen(1))
	}, lastmodstore.RemovalLog(1))
}

func TestFollowerResumesWhereItEnded(t *testing.T) {
	for name, opts := range map[string][]lastmodstore.Option{
		"everything is remembered": nil,
		"one is remembered":        {lastmodstore.RemovalLog(1)},
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
				var flags mirror[bool]
				setFlags(g, s, 9)
				stop := following(&flags, s)
				expectMirrored(g, &flags, s)
				stop()
				for i := range 5 {
					s.Delete(fmt.Sprint(i))
				}
				s.Set("8", false, lastmodstore.NoExpiry)
				defer following(&flags, s)()
				expectMirrored(g, &flags, s)
			}, opts...)
		})
	}
}

func TestNewFollowerMirrorsAStoreLoadedFromASnapshot(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
		setFlags(g, s, 5)
		s.Delete("3")
		time.Sleep(time.Second)
		s = restart(g, s)
		defer s.Close()
		var flags mirror[bool]
		defer following(&flags, s)()
		expectMirrored(g, &flags, s)
		g.Expect(flags.values).To(HaveLen(4))
		s.Delete("4")
		expectMirrored(g, &flags, s)
	})
}

// 20: Done distinguishes a closed store from an empty one.
func TestClosingTheStoreTurnsNoFlagOff(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
		setFlags(g, s, 3)
		var flags mirror[bool]
		stop := following(&flags, s)
		expectMirrored(g, &flags, s)
		s.Close()
		stop()
		g.Expect(flags.replace(s, time.Now())).To(BeFalse())
		g.Expect(flags.values).To(HaveLen(3))
	})
}

// 13: polling with ModifiedSince misses older entries that are merged; Watch reports an
// entry when it arrives.
func TestEndpointsReachTheFollowerInAnyOrderOfReports(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		began := time.Now()
		var endpoints mirror[string]
		stop := following(&endpoints, s)
		for round := range 20 {
			concurrently(4, func(i int, random *rand.Rand) {
				for n := range 25 {
					at := time.Now().Add(-time.Duration(random.Int64N(int64(time.Minute)))).Add(time.Duration(4*n + i))
					_, err := report(s, fmt.Sprint(random.IntN(30)), fmt.Sprint(i, n), at, time.Minute)
					g.Expect(err).NotTo(HaveOccurred())
				}
			})
			expectMirrored(g, &endpoints, s)
			if round%5 == 4 {
				g.Expect(s.Clear()).To(Succeed())
				expectMirrored(g, &endpoints, s)
			}
			time.Sleep(10 * time.Second)
			if round%3 == 2 { // the follower restarts
				stop()
				report(s, "new", "address", began, time.Hour)
				stop = following(&endpoints, s)
				expectMirrored(g, &endpoints, s)
			}
		}
		time.Sleep(2 * time.Hour)
		expectMirrored(g, &endpoints, s)
		g.Expect(endpoints.values).To(BeEmpty(), "reports have stopped, so all endpoints have expired")
		stop()
	})
}
