package lastmodstore_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A lease is a lock that its holder loses unless it renews it in time. The token increases
// with each lease and each renewal: a resource that remembers the highest token it has
// seen can refuse a holder that has lost the lease without noticing. A lease must not be
// used concurrently.
type lease struct {
	s            lastmodstore.Store[string, string]
	name, holder string
	token        time.Time
}

// acquire returns a lease, or nil and the entry of the present holder. Only the holder
// has a *lease, so nobody else can renew or release it.
func acquire(s lastmodstore.Store[string, string], name, holder string, ttl time.Duration) (*lease, lastmodstore.Entry[string], error) {
	e, won, err := lastmodstore.SetIfAbsent(s, name, holder, ttl)
	if err != nil || !won {
		return nil, e, err
	}
	return &lease{s, name, holder, e.LastModified}, e, nil
}

// renew extends the lease to ttl from now and reports whether it was still held. It
// returns false if the lease has expired, whether or not somebody else has acquired it.
func (l *lease) renew(ttl time.Duration) (bool, error) {
	e, ok, err := l.s.SetIfUnmodifiedSince(l.name, l.holder, ttl, l.token)
	if ok {
		l.token = e.LastModified
	}
	return ok, err
}

// release ends the lease and reports whether it was still held. It never ends the lease of
// another holder.
func (l *lease) release() (bool, error) { return l.s.DeleteIfUnmodifiedSince(l.name, l.token) }

func Example_leaseLock() {
	s := mutexstore.New[string, string](time.Second)
	defer s.Close()
	mine, _, _ := acquire(s, "report", "me", time.Minute)
	fmt.Println("acquired:", mine != nil)
	yours, present, _ := acquire(s, "report", "you", time.Minute)
	fmt.Println("you too:", yours != nil, "because it is held by", present.Value)
	before := mine.token
	renewed, _ := mine.renew(time.Minute)
	fmt.Println("renewed:", renewed, mine.token.After(before))
	released, _ := mine.release()
	fmt.Println("released:", released)
	renewed, _ = mine.renew(time.Minute)
	fmt.Println("renewed after that:", renewed)
	// Output:
	// acquired: true
	// you too: false because it is held by me
	// renewed: true true
	// released: true
	// renewed after that: false
}

func mustAcquire(g Gomega, s lastmodstore.Store[string, string], holder string, ttl time.Duration) *lease {
	l, _, err := acquire(s, "lease", holder, ttl)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l).NotTo(BeNil())
	return l
}

func expectLost(g Gomega, l *lease) {
	ok, err := l.renew(time.Minute)
	g.Expect(ok, err).To(BeFalse(), "a lost lease was renewed")
	ok, err = l.release()
	g.Expect(ok, err).To(BeFalse(), "a lost lease was released")
}

func TestLoserOfALeaseGetsTheHolderAndNoLease(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		var won, lost atomic.Int32
		concurrently(8, func(i int, _ *rand.Rand) {
			l, present, err := acquire(s, "lease", fmt.Sprint(i), time.Minute)
			g.Expect(err).NotTo(HaveOccurred())
			if l != nil {
				won.Add(1)
				g.Expect(present.Value).To(Equal(fmt.Sprint(i)))
				return
			}
			lost.Add(1)
			g.Expect(present.Value).NotTo(Equal(fmt.Sprint(i)))
			g.Expect(present.ExpiresAt).To(Equal(time.Now().Add(time.Minute)), "the time to try again")
		})
		g.Expect(won.Load()).To(BeEquivalentTo(1))
		g.Expect(lost.Load()).To(BeEquivalentTo(7))
	})
}

func TestLeaseHasOneHolder(t *testing.T) {
	const ttl = time.Second
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		var mu sync.Mutex
		var highest time.Time // highest token that the resource has seen
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
		concurrently(6, func(i int, random *rand.Rand) {
			for range 50 {
				l, _, err := acquire(s, "lease", fmt.Sprint(i), ttl)
				g.Expect(err).NotTo(HaveOccurred())
				if l == nil {
					time.Sleep(time.Duration(random.Int64N(int64(ttl))))
					continue
				}
				until := time.Now().Add(ttl)
				g.Expect(holding.Add(1)).To(BeEquivalentTo(1), "two holders")
				time.Sleep(time.Duration(random.Int64N(int64(ttl - 1))))
				if ok, _ := l.renew(ttl); ok {
					until = time.Now().Add(ttl)
				}
				use(l.token)
				holding.Add(-1)
				if random.IntN(2) == 0 {
					ok, _ := l.release()
					g.Expect(ok).To(BeTrue())
					continue
				}
				time.Sleep(time.Until(until) + time.Duration(random.Int64N(int64(ttl))))
				expectLost(g, l)
				use(l.token)
			}
		})
		g.Expect(held).To(BeNumerically(">", 20))
		g.Expect(refused).To(BeNumerically(">", 0), "fencing was not needed")
	})
}

func TestClearEndsEveryLease(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		before := mustAcquire(g, s, "before", time.Minute)
		g.Expect(s.Clear()).To(Succeed())
		expectLost(g, before)
		after := mustAcquire(g, s, "after", time.Minute)
		g.Expect(after.token).To(BeTemporally(">", before.token))
		expectLost(g, before)
		ok, err := after.release()
		g.Expect(ok, err).To(BeTrue())
	})
}

// 8, 28: a token denotes the same instant in the store that loads the snapshot.
func TestLeaseSurvivesARestart(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
		held := mustAcquire(g, s, "held", time.Minute)
		time.Sleep(time.Second)
		restarted := restart(g, s)
		defer restarted.Close()
		loser, present, err := acquire(restarted, "lease", "loser", time.Minute)
		g.Expect(loser, err).To(BeNil())
		g.Expect(present.Value).To(Equal("held"))

		before := held.token
		held.s = restarted
		ok, err := held.renew(time.Minute)
		g.Expect(ok, err).To(BeTrue())
		g.Expect(held.token).To(BeTemporally(">", before))
	})
}

func TestTokensIncreaseAcrossARestart(t *testing.T) {
	for name, end := range map[string]func(*lease){
		"released": func(l *lease) { l.release() },
		"expired":  func(*lease) { time.Sleep(time.Minute) },
		"renewed":  func(l *lease) { l.renew(time.Second); time.Sleep(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
				old := mustAcquire(g, s, "old", time.Minute)
				end(old)
				time.Sleep(time.Millisecond) // a process takes longer to start
				restarted := restart(g, s)
				defer restarted.Close()
				l := mustAcquire(g, restarted, "new", time.Minute)
				g.Expect(l.token).To(BeTemporally(">", old.token))
				old.s = restarted
				expectLost(g, old)
			})
		})
	}
}
