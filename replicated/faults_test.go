package replicated

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// A wlog is a log whose behaviour a test changes.
type wlog struct {
	*memlog.Log
	appendf func(l *memlog.Log, data []byte, rejected func(error)) error
	deliver func(m stream.Message)
	max     int
}

func (w *wlog) Append(d []byte, r func(error)) error {
	if w.appendf != nil {
		return w.appendf(w.Log, d, r)
	}
	return w.Log.Append(d, r)
}
func (w *wlog) MaxMessage() int {
	if w.max > 0 {
		return w.max
	}
	return w.Log.MaxMessage()
}

type whandler struct {
	stream.Handler
	f func(m stream.Message)
}

func (h whandler) Deliver(m stream.Message) error { h.f(m); return h.Handler.Deliver(m) }
func (w *wlog) Read(ctx context.Context, from uint64, h stream.Handler) error {
	if w.deliver != nil {
		h = whandler{h, w.deliver}
	}
	return w.Log.Read(ctx, from, h)
}

func openW(g Gomega, l stream.Log, opts ...Option) *Store[string, int] {
	s, err := open[string, int](context.Background(), l, newOptions(opts))
	g.Expect(err).NotTo(HaveOccurred())
	return s
}

func TestARegistrationThatArrivesTooLateIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{CleanupInterval(0)}
		st := newStream[string, int](opts...)
		var slow bool
		l := &wlog{Log: st.Open(), deliver: func(m stream.Message) {
			if slow {
				time.Sleep(1500 * time.Millisecond)
			}
		}}
		s := openW(g, l, opts...)
		time.Sleep(time.Hour) // session idle
		slow = true
		go s.Set("a", 1, 0)
		synctest.Wait()
		s.Close()
	})
}

func TestAFullLogIsTrimmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{CleanupInterval(0), SaveEvery(100)}
		st := newStream[string, int](opts...)
		l := &wlog{Log: st.Open()}
		l.appendf = func(ml *memlog.Log, d []byte, r func(error)) error {
			size := 0
			for _, m := range st.Messages() {
				size += len(m.Data)
			}
			if size+len(d) > 4<<10 {
				r(stream.ErrLimit)
				return nil
			}
			return ml.Append(d, r)
		}
		s := openW(g, l, opts...)
		bad := 0
		for i := range 1000 {
			if s.Set("a", i, 0) != nil {
				bad++
			}
			time.Sleep(time.Millisecond)
		}
		t.Log("failed", bad, "messages", len(st.Messages()), s.Health().SaveErr)
		time.Sleep(5 * time.Second) // for a heartbeat, on which the node saves and trims
		g.Expect(s.Set("a", 1, 0)).To(Succeed())
		s.Close()
	})
}

func TestANodeWithACorrectedClockDecidesAsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		st := newStream[string, int]()
		st.SetSkew(-time.Hour)
		behind := func() time.Time { return time.Now().Add(-time.Hour) }
		mk := func(clock func() time.Time) *Store[string, int] {
			o := newOptions(nil)
			o.clock = clock
			s, err := open[string, int](context.Background(), st.Open(), o)
			g.Expect(err).NotTo(HaveOccurred())
			return s
		}
		a, b, wrong := mk(behind), mk(behind), mk(time.Now)
		t.Log(wrong.Health().ClockOffset)
		g.Expect(a.Set("k", 1, 0)).To(Succeed())
		e, _ := a.GetEntry("k")
		_, ok, err := a.SetIfUnmodifiedSince("k", 2, 0, e.LastModified)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(ok).To(BeTrue())
		wrong.Sync(context.Background())
		b.Sync(context.Background())
		vb, _ := b.Get("k")
		vw, _ := wrong.Get("k")
		t.Log("b", vb, "wrong", vw)
		a.Close()
		b.Close()
		wrong.Close()
		g.Expect(vw).To(Equal(vb))
	})
}

func TestAResumedNodeThatIsConnectedFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		st := newStream[string, int]()
		var ahead atomic.Int64
		o := newOptions(nil)
		o.clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		s, err := open[string, int](context.Background(), st.Open(), o)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.Set("k", 1, 10*time.Minute)).To(Succeed())
		ahead.Store(int64(time.Hour))
		st.SetSkew(time.Hour)
		time.Sleep(5 * time.Second)
		_, ok := s.Get("k")
		s.Close()
		g.Expect(ok).To(BeFalse())
	})
}

func TestAWrongClockDoesNotConfirmItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		st := newStream[string, int]()
		healthy := openW(g, st.Open())
		g.Expect(healthy.Set("k", 1, 10*time.Minute)).To(Succeed())
		mk := func() *Store[string, int] {
			o := newOptions(nil)
			o.clock = func() time.Time { return time.Now().Add(time.Hour) }
			s, err := open[string, int](context.Background(), st.Open(), o)
			g.Expect(err).NotTo(HaveOccurred())
			return s
		}
		s := mk()
		g.Expect(s.Set("a", 1, 0)).To(MatchError(lastmodstore.ErrClockSkew))
		s.Close()
		s = mk()
		err := s.Set("a", 1, 0)
		time.Sleep(2 * time.Second)
		healthy.Set("x", 1, 0)
		s.Sync(context.Background())
		_, ok := s.Get("k")
		s.Close()
		healthy.Close()
		t.Log(err, ok)
		g.Expect(ok).To(BeTrue(), "expired early")
		g.Expect(err).To(MatchError(lastmodstore.ErrClockSkew))
	})
}

func TestOpenIsNotBoundByTheTimeoutOfWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		st := newStream[string, int]()
		a := openW(g, st.Open())
		for i := range 20 {
			a.Set("a", i, 0)
		}
		l := &wlog{Log: st.Open(), deliver: func(stream.Message) { time.Sleep(time.Second) }} // 22 s to catch up
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		start := time.Now()
		s, err := open[string, int](ctx, l, newOptions(nil))
		t.Log(time.Since(start), err)
		if err == nil {
			s.Close()
		}
		a.Close()
		g.Expect(err).NotTo(HaveOccurred())
	})
}

var _ = fmt.Sprint
