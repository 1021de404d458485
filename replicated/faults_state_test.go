package replicated

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

func TestAFileFromBeforeALossOfDataIsDiscarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{CleanupInterval(0), SnapshotFile(filepath.Join(t.TempDir(), "f"))}
		st := newStream[string, int](opts...)
		l := st.Open()
		s := openW(g, l, opts...)
		for range 5 {
			s.Set("a", 1, 0)
		}
		l.Cut(errors.New("cut"))
		synctest.Wait()
		st.Truncate(2)
		other := openW(g, st.Open(), CleanupInterval(0))
		for range 10 {
			g.Expect(other.Set("b", 1, 0)).To(Succeed())
		}
		l.Cut(nil)
		time.Sleep(5 * time.Second)
		g.Expect(s.Health().Err).To(MatchError(ErrDiverged))
		s.Close()
		for range 3 {
			s, err := open[string, int](context.Background(), st.Open(), newOptions(opts))
			t.Log(err)
			if err == nil {
				s.Close()
			}
			defer g.Expect(err).NotTo(HaveOccurred())
		}
		other.Close()
	})
}

type failSnap struct {
	*memlog.Log
	n *atomic.Int64
}

func (s *failSnap) Snapshots() stream.Snapshots { return failSnaps{s.Log.Snapshots(), s.n} }

type failSnaps struct {
	stream.Snapshots
	n *atomic.Int64
}

func (s failSnaps) Save(ctx context.Context, name string, r io.Reader) error {
	s.n.Add(1)
	return errors.New("full")
}

func TestASaveThatFailsIsNotRepeatedForEachMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{SaveEvery(10), CleanupInterval(0)}
		st := newStream[string, int](opts...)
		var n atomic.Int64
		s := openW(g, &failSnap{st.Open(), &n}, opts...)
		for i := range 200 {
			s.Set("a", i, 0)
			synctest.Wait()
		}
		s.Close()
		g.Expect(n.Load()).To(BeNumerically("<", 20))
	})
}

func TestOutcomesAreRightWhateverTheLogDoes(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			opts := []Option{CleanupInterval(0), Timeout(1700 * time.Millisecond), SaveEvery(40)}
			st := newStream[string, int](opts...)
			random := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			rnd := func(n int) int { mu.Lock(); defer mu.Unlock(); return random.IntN(n) }
			var stores []*Store[string, int]
			var logs []*memlog.Log
			on := atomic.Bool{}
			for range 2 {
				ml := st.Open()
				l := &wlog{Log: ml}
				l.appendf = func(ml *memlog.Log, d []byte, r func(error)) error {
					if !on.Load() {
						return ml.Append(d, r)
					}
					switch n := rnd(12); {
					case n < 3:
						return nil
					case n < 5:
						go func() { time.Sleep(time.Duration(rnd(400)) * time.Millisecond); r(stream.ErrNoResponders) }()
						return nil
					case n < 6:
						return stream.ErrDisconnected
					case n < 7:
						go func() { time.Sleep(time.Duration(rnd(100)) * time.Millisecond); r(stream.ErrLimit) }()
						return nil
					case n < 9: // delayed, duplicate
						d := bytes.Clone(d)
						go func() {
							time.Sleep(time.Duration(rnd(4000)) * time.Millisecond)
							ml.Append(d, func(error) {})
							time.Sleep(time.Duration(rnd(4000)) * time.Millisecond)
							ml.Append(d, func(error) {})
						}()
						return nil
					}
					return ml.Append(d, r)
				}
				stores = append(stores, openW(g, l, opts...))
				logs = append(logs, ml)
			}
			on.Store(true)
			type out struct {
				key string
				err error
				v   int
			}
			var outs []out
			var wg sync.WaitGroup
			for w := range 24 {
				s := stores[w%2]
				wg.Go(func() {
					for i := range 12 {
						key := fmt.Sprint(w, "-", i)
						e, err := s.Add(key, w*1000+i+1, 0)
						mu.Lock()
						outs = append(outs, out{key, err, e.Value})
						mu.Unlock()
						if err == nil && e.Value != w*1000+i+1 {
							t.Errorf("seed %d: wrong result %v for %s", seed, e.Value, key)
						}
						time.Sleep(time.Duration(rnd(50)) * time.Millisecond)
						_ = i
					}
				})
			}
			stop := make(chan struct{})
			go func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Duration(300+rnd(700)) * time.Millisecond):
						n := rnd(2)
						logs[n].Cut(errors.New("cut"))
						time.Sleep(time.Duration(rnd(2500)) * time.Millisecond)
						logs[n].Cut(nil)
					}
				}
			}()
			wg.Wait()
			close(stop)
			on.Store(false)
			time.Sleep(20 * time.Second)
			for _, s := range stores {
				for range 3 {
					if s.Sync(context.Background()) == nil {
						break
					}
				}
			}
			synctest.Wait()
			counts := map[string]int{}
			for _, o := range outs {
				v, ok := stores[0].Get(o.key)
				switch {
				case o.err == nil:
					counts["ok"]++
					if v != o.v {
						t.Errorf("seed %d: acknowledged %s: %d, read %d", seed, o.key, o.v, v)
					}
				case errors.Is(o.err, ErrUncertain):
					counts["uncertain"]++
				case errors.Is(o.err, ErrUnavailable):
					counts["unavailable"]++
					if ok {
						t.Errorf("seed %d: unavailable but stored: %s %v", seed, o.key, o.err)
					}
				default:
					t.Errorf("%v", o.err)
				}
			}
			if seed < 3 {
				t.Log(counts, len(st.Messages()))
			}
			a, b := state(g, stores[0]), state(g, stores[1])
			if !bytes.Equal(a, b) {
				t.Errorf("seed %d: differ", seed)
			}
			for _, s := range stores {
				s.Close()
			}
		})
		if t.Failed() {
			return
		}
	}
}

func TestNoSnapshotMakesANodePanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		st := newStream[string, int]()
		s := openW(g, st.Open())
		for i := range 20 {
			s.Set(fmt.Sprint(i), i, time.Hour)
			s.Add("n", 1, 0)
			s.Delete(fmt.Sprint(i / 2))
		}
		s.Merge("m", lastmodstore.Entry[int]{Value: 1, LastModified: time.Now().Add(-time.Hour)})
		data := state(g, s)
		s.Close()
		random := rand.New(rand.NewPCG(1, 1))
		okn := 0
		for range 100000 {
			d := bytes.Clone(data)
			for range 1 + random.IntN(3) {
				d[11+random.IntN(len(d)-15)] = byte(random.IntN(256))
			}
			binary.BigEndian.PutUint32(d[len(d)-4:], crc32.Checksum(d[:len(d)-4], crc32.MakeTable(crc32.Castagnoli)))
			if _, err := s.replica.Read(bytes.NewReader(d)); err == nil {
				okn++
			}
		}
		t.Log(okn)
	})
}
