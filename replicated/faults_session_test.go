package replicated

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

func TestAnIdleNodeConfirmsAClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		st := newStream[string, int]()
		a := openW(g, st.Open())
		b := openW(g, st.Open(), onMachine(2))
		st.SetSkew(time.Hour)
		var err error
		for i := range 20 {
			if err = a.Set("k", i, 0); err != nil {
				t.Log(i, err)
				break
			}
			time.Sleep(time.Minute)
		}
		a.Close()
		b.Close()
		g.Expect(err).NotTo(HaveOccurred())
	})
}

type onceSnap struct {
	*memlog.Log
	n int
}
type onceSnaps struct {
	stream.Snapshots
	l *onceSnap
}

func (s *onceSnap) Snapshots() stream.Snapshots { return onceSnaps{s.Log.Snapshots(), s} }
func (s onceSnaps) List(ctx context.Context) ([]string, error) {
	if s.l.n > 0 {
		s.l.n--
		return nil, nil
	}
	return s.Snapshots.List(ctx)
}
func TestANodeWaitsForASnapshotToBeFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{SaveEvery(20), CleanupInterval(0)}
		st := newStream[string, int](opts...)
		a := openW(g, st.Open(), opts...)
		for i := range 200 {
			a.Set("k", i, 0)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		t.Log(st.Messages()[0].Seq)
		s2, err := open[string, int](context.Background(), &onceSnap{st.Open(), 1}, newOptions(opts))
		t.Log(err)
		if err == nil {
			s2.Close()
		}
		a.Close()
		g.Expect(err).NotTo(HaveOccurred())
	})
}

func TestAWriteAfterASuspensionIsSentInANewSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		st := newStream[string, int](CleanupInterval(0))
		var ahead time.Duration
		mk := func() *Store[string, int] {
			o := newOptions([]Option{CleanupInterval(0)})
			o.clock = func() time.Time { return time.Now().Add(ahead) }
			s, err := open[string, int](context.Background(), st.Open(), o)
			g.Expect(err).NotTo(HaveOccurred())
			return s
		}
		a, b := mk(), mk()
		ahead = 20 * time.Minute
		st.SetSkew(ahead)
		b.Sync(context.Background())
		err := a.Set("k", 1, 0)
		t.Log(err)
		a.Close()
		b.Close()
		g.Expect(err).NotTo(HaveOccurred())
	})
}

func TestCloseWhileEverythingIsInProgress(t *testing.T) {
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			opts := []Option{SaveEvery(15), CleanupInterval(10 * time.Millisecond), Timeout(2 * time.Second)}
			st := newStream[string, int](opts...)
			random := rand.New(rand.NewPCG(seed, 3))
			logs := []*memlog.Log{st.Open(), st.Open()}
			stores := []*Store[string, int]{openW(g, logs[0], opts...), openW(g, logs[1], opts...)}
			var wg sync.WaitGroup
			ctx, cancel := context.WithCancel(context.Background())
			for i, s := range stores {
				r := rand.New(rand.NewPCG(seed, uint64(i+10)))
				s.OnRemove(func(k string, e lastmodstore.Entry[int], why lastmodstore.EventKind) {
					if e.Value < 1000 {
						s.Set("removed", e.Value+1000, time.Millisecond)
					}
				})
				wg.Go(func() {
					for e := range s.Watch(ctx, time.Time{}) {
						if e.Entry.Value < 1000 {
							s.Set("seen", 1001, 5*time.Millisecond)
						}
					}
				})
				seeds := r.Uint64()
				for w := range 6 {
					r := rand.New(rand.NewPCG(seeds, uint64(w)))
					wg.Go(func() {
						for {
							err := s.Set(fmt.Sprint(r.IntN(10)), r.IntN(100), time.Duration(r.IntN(20))*time.Millisecond)
							if errors.Is(err, lastmodstore.ErrClosed) {
								if _, ok := s.Get("0"); ok {
									_ = ok
								}
								return
							}
							if r.IntN(4) == 0 {
								c, stop := context.WithTimeout(context.Background(), time.Duration(r.IntN(3))*time.Millisecond)
								s.Sync(c)
								stop()
							}
							time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
						}
					})
				}
			}
			var fm sync.Mutex
			st.SetFault(func([]byte) memlog.Outcome {
				fm.Lock()
				defer fm.Unlock()
				switch n := random.IntN(10); {
				case n < 1:
					return memlog.Outcome{Lose: true}
				case n < 2:
					return memlog.Outcome{Reject: stream.ErrNoResponders}
				}
				return memlog.Outcome{Repeat: random.IntN(2)}
			})
			time.Sleep(time.Duration(seed*37%1500) * time.Millisecond)
			if seed%2 == 0 {
				logs[0].Cut(errors.New("cut"))
				time.Sleep(time.Duration(seed) * time.Millisecond)
			}
			for range 1 {
				for _, s := range stores {
					wg.Go(func() { s.Close() })
				}
			}
			wg.Wait()
			cancel()
		})
	}
}
