package compare_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A machine can be suspended: its wall clock advances while everything else stands.
type machine struct{ asleep atomic.Int64 }

func (m *machine) suspend(d time.Duration) { m.asleep.Add(int64(d)) }

func (m *machine) now() time.Time { return time.Now().Add(time.Duration(m.asleep.Load())) }

func (m *machine) option() lastmodstore.Option {
	return func(c *config.Config) {
		c.Line = timeline.StartBy(func() int64 { return m.now().UnixNano() })
	}
}

// afterASuspend runs test with a store whose entry "a" expired while the machine
// was suspended for an hour.
func afterASuspend(t *testing.T, interval time.Duration, test func(g Gomega, s lastmodstore.Store[string, int], m *machine)) {
	for _, e := range engines.All() {
		t.Run(e.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				m := new(machine)
				s := e.Strings(interval, m.option())
				defer s.Close()
				g.Expect(s.Set("a", 1, 30*time.Minute)).To(Succeed())
				m.suspend(time.Hour)
				test(g, s, m)
			})
		})
	}
}

// 30: after a suspend a sweep notices the wall clock, so that ExpiresAt holds.
func TestASweepFollowsTheWallClock(t *testing.T) {
	afterASuspend(t, 0, func(g Gomega, s lastmodstore.Store[string, int], _ *machine) {
		g.Expect(s.Cleanup()).To(Equal(1))
	})
	afterASuspend(t, time.Minute, func(g Gomega, s lastmodstore.Store[string, int], _ *machine) {
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(s.Len()).To(BeZero())
	})
}

// 30: a Merge notices the wall clock, so that entries of other machines are not refused.
func TestAMergeFollowsTheWallClock(t *testing.T) {
	afterASuspend(t, 0, func(g Gomega, s lastmodstore.Store[string, int], m *machine) {
		e := lastmodstore.Entry[int]{Value: 2, LastModified: m.now(), TTL: time.Minute, ExpiresAt: m.now().Add(time.Minute)}
		g.Expect(s.Merge("b", e)).To(BeTrue())
		_, ok := s.Get("a")
		g.Expect(ok).To(BeFalse())
		got, ok := s.GetEntry("b")
		g.Expect(ok).To(BeTrue())
		g.Expect(got.LastModified).To(BeTemporally("==", e.LastModified))
	})
}

// 30: a write notices the wall clock within a second, so that LastModified is correct again. A
// wall clock that is set back changes nothing.
func TestAWriteFollowsTheWallClock(t *testing.T) {
	afterASuspend(t, 0, func(g Gomega, s lastmodstore.Store[string, int], m *machine) {
		time.Sleep(time.Second)
		g.Expect(s.Set("b", 2, 0)).To(Succeed())
		at, _ := s.GetLastModified("b")
		g.Expect(at).To(BeTemporally("~", m.now(), 10*time.Nanosecond))
		_, ok := s.Get("a")
		g.Expect(ok).To(BeFalse())

		m.suspend(-2 * time.Hour)
		time.Sleep(time.Second)
		g.Expect(s.Set("b", 3, time.Minute)).To(Succeed())
		later, _ := s.GetLastModified("b")
		g.Expect(later).To(BeTemporally("~", at.Add(time.Second), 10*time.Nanosecond))
		time.Sleep(time.Minute - time.Nanosecond)
		_, ok = s.Get("b")
		g.Expect(ok).To(BeTrue(), "the TTL is as long as it was")
		time.Sleep(time.Nanosecond)
		_, ok = s.Get("b")
		g.Expect(ok).To(BeFalse())
	})
}
