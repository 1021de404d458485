package replicated

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// embeddedServer returns a connection to a server inside the process.
func embeddedServer(t testing.TB, opts ...embedded.Option) jetstream.JetStream {
	t.Helper()
	g := NewWithT(t)
	s, err := embedded.Start(t.TempDir(), opts...)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { s.Close() })
	nc, err := s.Connect()
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	g.Expect(err).NotTo(HaveOccurred())
	return js
}

func TestOpenWithoutAServerFailsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	nc, err := nats.Connect("nats://127.0.0.1:1", nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1))
	g.Expect(err).NotTo(HaveOccurred())
	defer nc.Close()
	js, err := jetstream.New(nc)
	g.Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err = Open[string, int](ctx, js, "nobody")
	g.Expect(ctx.Err()).To(HaveOccurred(), "Open waits for a server")
	g.Expect(err).To(MatchError(context.DeadlineExceeded))
	g.Expect(err.Error()).To(And(ContainSubstring(`store "nobody"`), Not(ContainSubstring("\n"))))
	t.Log(err)
}

// A leader that has lost the other servers and leads on for a moment does not end Open.
func TestServersThatAreDownAreWaitedFor(t *testing.T) {
	g := NewWithT(t)
	g.Expect(isTransient(fmt.Errorf("creating: %w", &jetstream.APIError{Code: 400, ErrorCode: 10005}))).To(BeTrue())
	g.Expect(isTransient(fmt.Errorf("looking up: %w", jetstream.ErrStreamNotFound))).To(BeTrue())
	g.Expect(isTransient(fmt.Errorf("creating: %w", &jetstream.APIError{Code: 400, ErrorCode: jetstream.JSErrCodeBadRequest}))).To(BeFalse())
}

// Servers that have no leader yet are waited for.
func TestOpenWaitsForALeader(t *testing.T) {
	t.Parallel()
	p := startServers(t, 3)
	for i := range 2 {
		p.Kill(i)
	}
	js := p.connectOnly(2)
	opened := make(chan error, 1)
	go func() {
		s, err := Open[string, int](patient(t), js, "early", Replicas(3), InMemory())
		if err == nil {
			err = errors.Join(s.Set("a", 1, 0), s.Close())
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(4 * time.Second): // the servers are real
	}
	p.g.Expect(p.RestartAll()).To(Succeed())
	p.g.Eventually(opened, patience).Should(Receive(Succeed()))
}

func TestAStreamThatIsDeletedWhileOpenIsNoticed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	js := embeddedServer(t)
	s := openNode(t, js, "deleted")
	g.Expect(s.Set("a", 1, 0)).To(Succeed())
	g.Expect(js.DeleteStream(t.Context(), streamOf("deleted"))).To(Succeed())
	again := openNode(t, js, "deleted")
	g.Expect(again.Set("a", 2, 0)).To(Succeed())
	g.Eventually(func() error { return s.Health().Err }, patience).Should(MatchError(ErrDiverged))
	g.Expect(s.Health().Connected).To(BeFalse())
	g.Expect(s.Set("a", 3, 0)).To(MatchError(ErrDiverged))
	g.Expect(s.Sync(t.Context())).To(MatchError(ErrDiverged))
	a, _ := s.Get("a")
	g.Expect(a).To(Equal(1), "it keeps its last state")
	a, _ = again.Get("a")
	g.Expect(a).To(Equal(2))
}

func TestAFullLogIsAnErrorInWords(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	js := embeddedServer(t)
	s, err := Open[string, string](patient(t), js, "full", MaxBytes(20_000), Timeout(time.Minute))
	g.Expect(err).NotTo(HaveOccurred())
	defer s.Close()
	stored := 0
	for ; err == nil; stored++ {
		err = s.Set("a", strings.Repeat("x", 1000), 0)
	}
	g.Expect(err).To(MatchError(ErrUnavailable))
	g.Expect(err).To(MatchError(stream.ErrLimit))
	g.Expect(stored).To(BeNumerically(">", 10))
	_, ok := s.Get("a")
	g.Expect(ok).To(BeTrue(), "it can be read")
	g.Expect(s.Health().Connected).To(BeTrue())
	t.Log(err)
}

// A log that is full because its writers were faster than what saves snapshots accepts
// writes again when one has been saved.
func TestAStreamThatIsFullIsTrimmed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := openNode(t, embeddedServer(t), "limited", MaxBytes(10_000), SaveEvery(50))
	for range 20 {
		var err error
		for err == nil {
			_, err = s.Add("n", 1, 0)
		}
		g.Expect(err).To(MatchError(stream.ErrLimit))
		g.Eventually(func() error { return s.Set("a", 1, 0) }, patience).Should(Succeed())
	}
}

func TestAValueLargerThanAMessageIsAnError(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s, err := Open[string, string](patient(t), embeddedServer(t, embedded.MaxPayload(4096)), "large", Timeout(time.Minute))
	g.Expect(err).NotTo(HaveOccurred())
	defer s.Close()
	g.Expect(s.Set("a", strings.Repeat("x", 5000), 0)).To(MatchError(ErrTooLarge))
	results := make(chan error, 200)
	for range cap(results) {
		go func() { results <- s.Set("a", strings.Repeat("x", 1000), 0) }()
	}
	for range cap(results) {
		g.Expect(<-results).To(Succeed(), "what is packed together is not too large")
	}
}

// Close returns although the servers do not, and leaves nothing behind.
func TestCloseDuringARealOutage(t *testing.T) {
	p := startServers(t, 1)
	running := goleak.IgnoreCurrent()
	nc, err := p.Cluster.Connect(0)
	p.g.Expect(err).NotTo(HaveOccurred())
	js, err := jetstream.New(nc)
	p.g.Expect(err).NotTo(HaveOccurred())
	s, err := Open[string, int](patient(t), js, "outage", InMemory())
	p.g.Expect(err).NotTo(HaveOccurred())
	p.g.Expect(s.Set("a", 1, 0)).To(Succeed())
	p.g.Expect(p.Freeze(0)).To(Succeed())
	failed := make(chan error, 1)
	go func() {
		var err error
		for err == nil { // the signal may take a moment to arrive
			err = s.Set("a", 2, 0)
		}
		failed <- err
	}()
	p.g.Eventually(func() bool { return s.Health().Connected }, patience).Should(BeFalse())
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	p.g.Eventually(closed, patience).Should(Receive(Succeed()))
	p.g.Eventually(failed, patience).Should(Receive(Or(MatchError(ErrUncertain), MatchError(ErrUnavailable))))
	nc.Close()
	p.g.Eventually(func() error { return goleak.Find(running) }, patience).Should(Succeed())
	p.g.Expect(p.Thaw(0)).To(Succeed())
}

// A node whose server dies is fresh again as soon as it has found another one; nothing
// was missed.
func TestANodeWhoseServerDiesBecomesFreshAgain(t *testing.T) {
	t.Parallel()
	p := startServers(t, 3)
	nodes := p.openNodes("fresh", Timeout(time.Minute))
	p.g.Expect(nodes[0].Set("n", 0, 0)).To(Succeed())
	info, err := p.Leader(patient(t), p.connect(0), streamOf("fresh"))
	p.g.Expect(err).NotTo(HaveOccurred())
	mine, other := (info+1)%3, (info+2)%3
	p.Kill(mine)
	killed := time.Now()
	p.g.Expect(nodes[other].Set("n", 1, 0)).To(Succeed())
	p.g.Eventually(func() int { n, _ := nodes[mine].Get("n"); return n }, patience, time.Millisecond).Should(Equal(1))
	t.Logf("fresh after %v", time.Since(killed))
	p.g.Eventually(nodes[mine].Health, patience).Should(HaveField("Connected", true))
	p.g.Expect(p.Restart(mine)).To(Succeed())
	expectAgreement(t, nil, nodes...)
}
