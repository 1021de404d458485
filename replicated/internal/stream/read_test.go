package stream_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

func TestMessagesAreReadInTheOrderAppended(t *testing.T) {
	for _, storage := range []jetstream.StorageType{jetstream.MemoryStorage, jetstream.FileStorage} {
		g := NewWithT(t)
		l := create(t, startServer(t), stream.Config{Storage: storage})
		appendN(t, l, 0, 500)
		r := &recorder{enough: 500}
		g.Expect(l.Read(testContext(t), 1, r)).To(MatchError(errEnough))
		g.Expect(r.data()).To(Equal(numbers(0, 500)))
		for i, m := range r.messages {
			g.Expect(m.Seq).To(Equal(uint64(i + 1)))
			g.Expect(i == 0 || m.Time >= r.messages[i-1].Time).To(BeTrue())
		}
	}
}

func TestSeveralReadersReceiveTheSameWhileOthersAppend(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l, other := create(t, js, memory), create(t, js, memory)
	readers := make([]*recorder, 4)
	var results []<-chan error
	for i := range readers {
		readers[i] = &recorder{enough: 2000}
		results = append(results, background(testContext(t), l, 1, readers[i]))
	}
	for _, each := range []stream.Log{l, other} {
		go func() {
			for _, n := range numbers(0, 1000) {
				_ = each.Append([]byte(n), nil) // the readers tell what was appended
			}
		}()
	}
	for _, result := range results {
		g.Eventually(result, patience).Should(Receive(MatchError(errEnough)))
	}
	for _, r := range readers[1:] {
		g.Expect(r.data()).To(Equal(readers[0].data()))
	}
	all := slices.Sorted(slices.Values(readers[0].data()))
	g.Expect(all).To(Equal(slices.Sorted(slices.Values(append(numbers(0, 1000), numbers(0, 1000)...)))))
}

func TestReadingBeginsWithTheMessageAskedFor(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t), memory)
	appendN(t, l, 1, 10)
	r := &recorder{enough: 4}
	g.Expect(l.Read(testContext(t), 7, r)).To(MatchError(errEnough))
	g.Expect(r.sequences()).To(Equal([]uint64{7, 8, 9, 10}))
	r = &recorder{enough: 1}
	g.Expect(l.Read(testContext(t), 10, r)).To(MatchError(errEnough))
	g.Expect(r.data()).To(Equal([]string{"10"}))
}

func TestReadingAnEmptyLogReceivesWhatIsAppendedLater(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t), memory)
	info, err := l.Info(testContext(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect([]uint64{info.First, info.Last}).To(Equal([]uint64{1, 0}))
	r := &recorder{enough: 1}
	result := background(testContext(t), l, 1, r)
	g.Eventually(r.beats, patience).Should(BeNumerically(">", 2), "established, and heartbeats")
	g.Expect(result).NotTo(Receive())
	g.Expect(l.Append([]byte("first"), nil)).To(Succeed())
	g.Eventually(result, patience).Should(Receive(MatchError(errEnough)))
	g.Expect(r.data()).To(Equal([]string{"first"}))
}

func TestHeartbeatsTellTheLastSequence(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t), memory)
	appendN(t, l, 0, 5)
	ctx, cancel := context.WithCancel(testContext(t))
	r := new(recorder)
	result := background(ctx, l, 1, r)
	g.Eventually(r.beats, patience).Should(BeNumerically(">", 1))
	appendN(t, l, 5, 3)
	g.Eventually(func() uint64 { r.mu.Lock(); defer r.mu.Unlock(); return r.last }, patience).Should(Equal(uint64(8)))
	cancel()
	g.Eventually(result, patience).Should(Receive(MatchError(context.Canceled)))
	g.Expect(r.count()).To(Equal(8))
}

func TestMessagesOfAllSizesPass(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t), memory)
	sizes := []int{0, 1, 100_000, l.MaxMessage(), 0}
	for _, n := range sizes {
		g.Expect(l.Append([]byte(strings.Repeat("x", n)), nil)).To(Succeed())
	}
	r := &recorder{enough: len(sizes)}
	g.Expect(l.Read(testContext(t), 1, r)).To(MatchError(errEnough))
	for i, m := range r.messages {
		g.Expect(m.Data).To(HaveLen(sizes[i]))
	}
}

func TestASlowHandlerLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 120 MB")
	}
	g := NewWithT(t)
	l := create(t, startServer(t), memory)
	data := make([]byte, 1<<20)
	const n = 120 // more than flow control lets pass, and more than the feed would hold
	for range n {
		g.Expect(l.Append(data, nil)).To(Succeed())
	}
	r := &recorder{enough: n, block: make(chan struct{})}
	result := background(testContext(t), l, 1, r)
	g.Consistently(result, "2s").ShouldNot(Receive(), "a busy handler is not a stalled feed")
	close(r.block)
	g.Eventually(result, patience).Should(Receive(MatchError(errEnough)))
	g.Expect(r.sequences()).To(HaveLen(n))
}

// consumers returns how many consumers all streams of a server have.
func consumers(g Gomega, s *server.Server) func() int {
	return func() (n int) {
		j, err := s.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Consumer: true, DirectConsumer: true})
		g.Expect(err).NotTo(HaveOccurred())
		for _, account := range j.AccountDetails {
			for _, stream := range account.Streams {
				n += len(stream.Consumer) + len(stream.DirectConsumer)
			}
		}
		return n
	}
}

func TestNoConsumerIsLeftBehind(t *testing.T) {
	g := NewWithT(t)
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: t.TempDir(), DontListen: true, NoSigs: true})
	g.Expect(err).NotTo(HaveOccurred())
	s.Start()
	t.Cleanup(s.WaitForShutdown)
	t.Cleanup(s.Shutdown)
	g.Expect(s.ReadyForConnections(patience)).To(BeTrue())
	l := create(t, connect(t, func(opts ...nats.Option) (*nats.Conn, error) {
		return nats.Connect("", append(opts, nats.InProcessServer(s))...)
	}), memory)
	appendN(t, l, 0, 3)
	ctx, cancel := context.WithCancel(testContext(t))
	canceled := background(ctx, l, 1, new(recorder))
	closed := background(testContext(t), l, 1, new(recorder))
	g.Eventually(consumers(g, s), patience).Should(Equal(2))
	cancel()
	g.Eventually(canceled, patience).Should(Receive(MatchError(context.Canceled)))
	g.Expect(l.Read(testContext(t), 1, &recorder{enough: 1})).To(MatchError(errEnough))
	g.Expect(l.Close()).To(Succeed())
	g.Eventually(closed, patience).Should(Receive(MatchError(stream.ErrClosed)))
	g.Eventually(consumers(g, s), patience).Should(BeZero())
}

func TestAClosedLogRefusesEverything(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	g.Expect(l.Close()).To(Succeed())
	g.Expect(l.Close()).To(Succeed())
	g.Expect(l.Append(nil, nil)).To(MatchError(stream.ErrClosed))
	g.Expect(l.Read(testContext(t), 1, new(recorder))).To(MatchError(stream.ErrClosed))
	_, err := l.Info(testContext(t))
	g.Expect(err).To(MatchError(stream.ErrClosed))
	g.Expect(js.Conn().IsConnected()).To(BeTrue(), "the connection is the caller's")
}
