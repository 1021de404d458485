package stream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// patience bounds what a test waits for. It is never how long something takes.
const patience = 20 * time.Second

// testContext ends with the test, or when a test hangs.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// startServer returns a JetStream context on a new server that listens nowhere.
func startServer(t testing.TB, opts ...embedded.Option) jetstream.JetStream {
	t.Helper()
	s, err := embedded.Start(t.TempDir(), opts...)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { s.Close() })
	return connect(t, s.Connect)
}

func connect(t testing.TB, dial func(...nats.Option) (*nats.Conn, error)) jetstream.JetStream {
	t.Helper()
	g := NewWithT(t)
	nc, err := dial(nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	g.Expect(err).NotTo(HaveOccurred())
	return js
}

// create returns the log named test, in memory unless c says otherwise.
func create(t testing.TB, js jetstream.JetStream, c stream.Config) stream.Log {
	t.Helper()
	l, err := stream.Create(testContext(t), js, "test", c)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { l.Close() })
	return l
}

var memory = stream.Config{Storage: jetstream.MemoryStorage}

// streamName is the stream behind the log named test.
const streamName = "lastmodstore-test"

// appendN appends the numbers from first on and waits until the log has stored them.
func appendN(t testing.TB, l stream.Log, first, n int) {
	t.Helper()
	g := NewWithT(t)
	before, err := l.Info(testContext(t))
	g.Expect(err).NotTo(HaveOccurred())
	for i := first; i < first+n; i++ {
		g.Expect(l.Append([]byte(fmt.Sprint(i)), nil)).To(Succeed())
	}
	g.Eventually(func() (uint64, error) {
		info, err := l.Info(t.Context())
		return info.Last, err
	}, patience).Should(Equal(before.Last + uint64(n)))
}

// errEnough is what a recorder returns to end Read.
var errEnough = errors.New("enough")

// recorder is a handler that keeps what it receives.
type recorder struct {
	enough int           // end Read after so many messages; 0 never
	block  chan struct{} // if set, Deliver waits for it

	mu       sync.Mutex // guards what follows
	messages []stream.Message
	alive    int
	last     uint64
}

func (r *recorder) Deliver(m stream.Message) error {
	if r.block != nil {
		<-r.block
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
	if len(r.messages) == r.enough {
		return errEnough
	}
	return nil
}

func (r *recorder) Alive(last uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive++
	r.last = last
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.messages)
}

func (r *recorder) beats() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.alive
}

func (r *recorder) data() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, m := range r.messages {
		all = append(all, string(m.Data))
	}
	return all
}

func (r *recorder) sequences() []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []uint64
	for _, m := range r.messages {
		all = append(all, m.Seq)
	}
	return all
}

// numbers returns n numbers from first on, as appendN appends them.
func numbers(first, n int) []string {
	var all []string
	for i := first; i < first+n; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

// background reads in a goroutine. Its result can be received once.
func background(ctx context.Context, l stream.Log, from uint64, h stream.Handler) <-chan error {
	result := make(chan error, 1)
	go func() { result <- l.Read(ctx, from, h) }()
	return result
}
