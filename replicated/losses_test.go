package replicated

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

// What was acknowledged survives the end of the leader's process, again and again.
func TestNoAcknowledgedWriteIsLostWhenLeadersAreKilled(t *testing.T) {
	t.Parallel()
	p := startServers(t, 3)
	testLosses(p, func() {
		leader := p.killLeader("losses")
		p.g.Expect(p.Restart(leader)).To(Succeed())
	})
}

// If the servers flush each write, it survives that all of them end at once.
func TestNoAcknowledgedWriteIsLostWhenAllServersAreKilled(t *testing.T) {
	t.Parallel()
	p := startServers(t, 3, embedded.SyncAlways())
	testLosses(p, func() {
		var wg sync.WaitGroup
		for i := range p.Size() {
			wg.Go(func() { p.Kill(i) })
		}
		wg.Wait()
		p.g.Expect(p.RestartAll()).To(Succeed())
	})
}

// testLosses has all nodes write while kill is called, and compares what they hold with
// what the writes returned.
func testLosses(p *place, kill func()) {
	nodes := p.openNodes("losses", Timeout(3*time.Second), SaveEvery(500))
	ctx, stop := context.WithCancel(p.t.Context())
	defer stop()
	writers := make([]*writer, len(nodes))
	var wg sync.WaitGroup
	for i, s := range nodes {
		writers[i] = &writer{name: fmt.Sprint("w", i), results: map[string]error{}}
		wg.Go(func() { writers[i].run(ctx, s) })
	}
	for range atLength(1, 20) {
		for _, w := range writers {
			p.g.Eventually(w.progress(), patience).Should(BeTrue(), "all writers write")
		}
		kill()
	}
	for _, w := range writers {
		p.g.Eventually(w.progress(), patience).Should(BeTrue(), "all writers write again")
	}
	stop()
	wg.Wait()
	nodes = append(nodes, openNode(p.t, p.connect(0), "losses", Timeout(3*time.Second), SaveEvery(500), Replicas(3)))
	for _, s := range nodes {
		p.g.Expect(s.Sync(patient(p.t))).To(Succeed())
	}
	for _, w := range writers {
		w.compare(p.t, nodes)
	}
	expectAgreement(p.t, nil, nodes...)
}

// A writer sets one key after the other.
type writer struct {
	name    string
	acked   atomic.Int64
	results map[string]error // of each key; owned by the goroutine of run until it returns
}

func (w *writer) run(ctx context.Context, s *Store[string, int]) {
	for n := 0; ctx.Err() == nil; n++ {
		key := fmt.Sprint(w.name, "-", n)
		err := s.Set(key, n, 0)
		if w.results[key] = err; err == nil {
			w.acked.Add(1)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// progress returns a function that reports whether thirty more writes were acknowledged.
func (w *writer) progress() func() bool {
	before := w.acked.Load()
	return func() bool { return w.acked.Load() >= before+30 }
}

// compare expects that each node holds what was acknowledged, and nothing that was
// certainly not stored.
func (w *writer) compare(t testing.TB, nodes []*Store[string, int]) {
	t.Helper()
	lost, guessed, unknown, refused := 0, 0, 0, 0
	for key, err := range w.results {
		for _, s := range nodes {
			_, ok := s.Get(key)
			switch {
			case err == nil && !ok:
				lost++
			case errors.Is(err, ErrUnavailable):
				refused++
				if ok {
					guessed++
				}
			case errors.Is(err, ErrUncertain):
				unknown++
			case err != nil:
				t.Errorf("Set returned %v", err)
			}
		}
	}
	t.Logf("%s: %d acknowledged, %d unknown, %d refused", w.name, w.acked.Load(), unknown/len(nodes), refused/len(nodes))
	if lost > 0 || guessed > 0 {
		t.Errorf("%s: %d acknowledged writes are lost, %d that were refused are stored", w.name, lost, guessed)
	}
}

// What was removed stays removed: on a node that was cut off meanwhile while the log was
// trimmed, on a new one, and after all servers were killed.
func TestWhatWasRemovedStaysRemoved(t *testing.T) {
	t.Parallel()
	p := startServers(t, 3)
	late := p.connectOnly(2)
	type store struct{ first, late *Store[string, int] }
	stores := map[string]store{}
	opts := []Option{Replicas(3), SaveEvery(20), Timeout(time.Minute)}
	for name, remove := range map[string]func(s *Store[string, int]) error{
		"delete":         func(s *Store[string, int]) error { _, err := s.Delete("removed"); return err },
		"get-and-delete": func(s *Store[string, int]) error { _, _, err := s.GetAndDelete("removed"); return err },
		"clear":          func(s *Store[string, int]) error { return s.Clear() },
		"touch":          func(s *Store[string, int]) error { _, err := s.Touch("removed", 50*time.Millisecond); return err },
	} {
		st := store{openNode(t, p.connect(0), name, opts...), openNode(t, late, name, opts...)}
		stores[name] = st
		p.g.Expect(st.first.Set("removed", 1, 0)).To(Succeed())
		p.g.Expect(st.late.Sync(patient(t))).To(Succeed())
		p.g.Expect(st.late.Len()).To(Equal(1))
		p.proxies[2].Refuse(true)
		p.proxies[2].Cut()
		p.g.Expect(remove(st.first)).To(Succeed())
		trim(t, st.first)
		p.proxies[2].Refuse(false)
	}
	for i := range p.Size() {
		p.Kill(i)
	}
	p.g.Expect(p.RestartAll()).To(Succeed())
	for name, st := range stores {
		nodes := []*Store[string, int]{st.first, st.late, openNode(t, p.connect(1), name, opts...)}
		for i, s := range nodes {
			p.g.Expect(s.Sync(patient(t))).To(Succeed())
			_, ok := s.Get("removed")
			p.g.Expect(ok).To(BeFalse(), "%s: on node %d", name, i)
		}
		expectAgreement(t, nil, nodes...)
	}
}
