package stream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// isTransient reports whether reading may succeed if it is tried again.
func isTransient(err error) bool {
	for _, final := range []error{stream.ErrGone, stream.ErrShort, stream.ErrTrimmed, stream.ErrClosed} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// clusterLogs returns the log named test through a connection to each server.
func clusterLogs(t testing.TB, c *servertest.Cluster, config stream.Config) ([]jetstream.JetStream, []stream.Log) {
	t.Helper()
	var contexts []jetstream.JetStream
	var logs []stream.Log
	for i := range c.Size() {
		js := connect(t, func(opts ...nats.Option) (*nats.Conn, error) { return c.Connect(i, opts...) })
		contexts = append(contexts, js)
		logs = append(logs, create(t, js, config))
	}
	return contexts, logs
}

func TestReadersResumeWhenTheLeaderIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for an election")
	}
	kill := func(c *servertest.Cluster, leader int, _ func()) error {
		c.Kill(leader)
		return c.Restart(leader)
	}
	for name, storage := range map[string]jetstream.StorageType{"memory": jetstream.MemoryStorage, "file": jetstream.FileStorage} {
		t.Run(name, func(t *testing.T) { loseLeader(t, storage, kill) })
	}
}

func TestReadersResumeWhenTheLeaderIsFrozen(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for an election")
	}
	loseLeader(t, jetstream.FileStorage, func(c *servertest.Cluster, leader int, othersGoOn func()) error {
		if err := c.Freeze(leader); err != nil {
			return err
		}
		othersGoOn()
		return c.Thaw(leader)
	})
}

// loseLeader appends through all servers while the leader of three is lost and comes back, and compares what the readers receive.
func loseLeader(t *testing.T, storage jetstream.StorageType, lose func(c *servertest.Cluster, leader int, othersGoOn func()) error) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	c := startProcesses(t, 3)
	contexts, logs := clusterLogs(t, c, stream.Config{Replicas: 3, Storage: storage})
	readers := make([]*recorder, len(logs))
	var following sync.WaitGroup
	for i, l := range logs {
		readers[i] = new(recorder)
		following.Go(func() {
			if err := follow(ctx, l, readers[i]); !errors.Is(err, context.Canceled) {
				t.Errorf("reader %d: %v", i, err)
			}
		})
	}
	var sent tally
	writing, stopWriting := context.WithCancel(ctx)
	var writers sync.WaitGroup
	for i, l := range logs {
		writers.Go(func() { write(writing, l, i, &sent) })
	}
	g.Eventually(sent.appended.Load, patience).Should(BeNumerically(">", 3000))
	leader, err := c.Leader(ctx, contexts[0], streamName)
	g.Expect(err).NotTo(HaveOccurred())
	other := readers[(leader+1)%3]
	g.Eventually(other.count, patience).Should(BeNumerically(">", 1000))
	delivered := other.count()
	goesOn := func(r *recorder) { g.Eventually(r.count, 60*time.Second).Should(BeNumerically(">", delivered+3000)) }
	g.Expect(lose(c, leader, func() { goesOn(other) })).To(Succeed())
	for _, r := range readers {
		goesOn(r)
	}
	stopWriting()
	writers.Wait()
	agree(t, logs, readers)
	for _, r := range readers {
		for _, m := range r.data() {
			g.Expect(sent.isRejected(m)).To(BeFalse(), "%s was rejected, and is in the log", m)
		}
	}
	t.Logf("%d sent, %d rejected, %d stored, %d delivered before the leader was lost",
		sent.appended.Load(), len(sent.rejected), readers[0].count(), delivered)
	cancel()
	following.Wait()
	for _, l := range logs {
		g.Expect(l.Close()).To(Succeed())
	}
}

// tally is what writers have sent, and what the log said it has not stored.
type tally struct {
	appended atomic.Int64

	mu       sync.Mutex // guards rejected
	rejected map[string]bool
}

func (s *tally) reject(m string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rejected == nil {
		s.rejected = make(map[string]bool)
	}
	s.rejected[m] = true
}

func (s *tally) isRejected(m string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rejected[m]
}

// write appends until ctx ends, a few thousand messages a second at most.
func write(ctx context.Context, l stream.Log, who int, sent *tally) {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		m := fmt.Sprintf("%d/%d", who, n)
		if l.Append([]byte(m), func(error) { sent.reject(m) }) == nil {
			sent.appended.Add(1)
		}
	}
}

// agree compares what all readers have received, message by message, with each other and with the log. Messages that a client
// had buffered may still arrive meanwhile, so it compares up to the end of the log as of now.
func agree(t *testing.T, logs []stream.Log, readers []*recorder) {
	t.Helper()
	g := NewWithT(t)
	var end int
	g.Eventually(func() error {
		info, err := logs[0].Info(t.Context())
		end = int(info.Last)
		return err
	}, patience).Should(Succeed())
	fresh := &recorder{enough: end}
	g.Eventually(func() error { fresh.messages = nil; return logs[1].Read(t.Context(), 1, fresh) }, patience).Should(MatchError(errEnough))
	for i, r := range readers {
		g.Eventually(r.count, 60*time.Second).Should(BeNumerically(">=", end))
		for n, m := range r.upTo(end) {
			want := fresh.messages[n]
			if m.Seq != uint64(n+1) || m.Seq != want.Seq || m.Time != want.Time || string(m.Data) != string(want.Data) {
				t.Fatalf("reader %d received %d %q, the log has %d %q", i, m.Seq, m.Data, want.Seq, want.Data)
			}
		}
	}
}

func (r *recorder) upTo(n int) []stream.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.messages[:n]
}

func TestAllServersKilledLosesNothingThatWasDelivered(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for elections")
	}
	g := NewWithT(t)
	c := startProcesses(t, 3)
	_, logs := clusterLogs(t, c, stream.Config{Replicas: 3, Storage: jetstream.FileStorage})
	appendN(t, logs[0], 0, 1000)
	before := &recorder{enough: 1000}
	g.Expect(logs[1].Read(testContext(t), 1, before)).To(MatchError(errEnough))
	for i := range c.Size() {
		c.Kill(i)
	}
	g.Expect(c.RestartAll()).To(Succeed())
	after := &recorder{enough: 1000}
	g.Eventually(func() error { after.messages = nil; return logs[2].Read(testContext(t), 1, after) }, 60*time.Second).Should(MatchError(errEnough))
	g.Expect(after.messages).To(Equal(before.messages))
}

func TestMemoryLostByAllServersIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for elections")
	}
	g := NewWithT(t)
	c := startProcesses(t, 3)
	_, logs := clusterLogs(t, c, stream.Config{Replicas: 3, Storage: jetstream.MemoryStorage})
	appendN(t, logs[0], 0, 100)
	for i := range c.Size() {
		c.Kill(i)
	}
	g.Expect(c.RestartAll()).To(Succeed())
	var err error
	g.Eventually(func() bool { err = logs[0].Read(testContext(t), 100, new(recorder)); return isTransient(err) }, 60*time.Second).Should(BeFalse())
	g.Expect(err).To(Or(MatchError(stream.ErrShort), MatchError(stream.ErrGone)))
}
