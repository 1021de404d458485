package stream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
	"github.com/lastmodstore/lastmodstore/replicated/internal/proxy"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// startProcesses returns n servers in processes of their own.
func startProcesses(t testing.TB, n int) *servertest.Cluster {
	t.Helper()
	c, err := servertest.Start(testContext(t), n, t.TempDir())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(c.Close)
	return c
}

// connectThrough returns a proxy to server 0 and a JetStream context that knows no other way to it.
func connectThrough(t testing.TB, c *servertest.Cluster) (*proxy.Proxy, jetstream.JetStream) {
	t.Helper()
	p, err := proxy.New(c.Addr(0))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(p.Close)
	return p, connect(t, func(opts ...nats.Option) (*nats.Conn, error) {
		opts = append(opts, nats.IgnoreDiscoveredServers(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
		return nats.Connect("nats://"+p.Addr(), opts...)
	})
}

// follow reads the log, beginning again from the last message received whenever reading fails, until ctx ends. It checks the
// overlap: the message that is delivered again must be the same.
func follow(ctx context.Context, l stream.Log, r *recorder) error {
	for {
		last := r.lastMessage()
		err := l.Read(ctx, max(last.Seq, 1), &overlap{recorder: r, expect: last})
		if ctx.Err() != nil || err != nil && !isTransient(err) {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *recorder) lastMessage() stream.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.messages) == 0 {
		return stream.Message{}
	}
	return r.messages[len(r.messages)-1]
}

// overlap hands on everything but the message that was received before.
type overlap struct {
	*recorder
	expect stream.Message
}

func (o *overlap) Deliver(m stream.Message) error {
	if m.Seq != o.expect.Seq {
		return o.recorder.Deliver(m)
	}
	if string(m.Data) != string(o.expect.Data) || m.Time != o.expect.Time {
		return fmt.Errorf("message %d has changed", m.Seq)
	}
	return nil
}

func TestACutConnectionEndsReadingAtOnce(t *testing.T) {
	g := NewWithT(t)
	c := startProcesses(t, 1)
	p, js := connectThrough(t, c)
	l := create(t, js, memory)
	appendN(t, l, 0, 10)
	r := new(recorder)
	result := background(testContext(t), l, 1, r)
	g.Eventually(r.count, patience).Should(Equal(10))
	p.Refuse(true)
	p.Cut()
	g.Eventually(result, patience).Should(Receive(MatchError(stream.ErrDisconnected)))
	g.Expect(l.Append([]byte("x"), nil)).To(MatchError(stream.ErrDisconnected))
	p.Refuse(false)
	g.Eventually(js.Conn().IsConnected, patience).Should(BeTrue())
	appendN(t, l, 10, 1)
	again := &recorder{enough: 2}
	g.Expect(l.Read(testContext(t), 10, again)).To(MatchError(errEnough))
	g.Expect(again.data()).To(Equal(numbers(9, 2)))
}

func TestAConnectionThatIsSilentStalls(t *testing.T) {
	for _, d := range []proxy.Direction{proxy.ToClient, proxy.ToServer} {
		g := NewWithT(t)
		c := startProcesses(t, 1)
		p, js := connectThrough(t, c)
		l := create(t, js, memory)
		appendN(t, l, 0, 10)
		r := new(recorder)
		result := background(testContext(t), l, 1, r)
		g.Eventually(r.beats, patience).Should(BeNumerically(">", 1))
		p.Hold(d)
		if d == proxy.ToClient {
			g.Eventually(result, patience).Should(Receive(MatchError(stream.ErrStalled)))
		} else {
			g.Consistently(result, "2s").ShouldNot(Receive(), "the server is heard")
		}
		p.Release(d)
		appendN(t, l, 10, 1)
		again := &recorder{enough: 2}
		g.Expect(l.Read(testContext(t), 10, again)).To(MatchError(errEnough))
		g.Expect(l.Close()).To(Succeed())
	}
}

func TestAServerThatLosesEverythingIsNoticed(t *testing.T) {
	g := NewWithT(t)
	c := startProcesses(t, 1)
	js := connect(t, func(opts ...nats.Option) (*nats.Conn, error) { return c.Connect(0, opts...) })
	l := create(t, js, memory)
	appendN(t, l, 0, 10)
	r := new(recorder)
	result := background(testContext(t), l, 1, r)
	g.Eventually(r.count, patience).Should(Equal(10))
	c.Kill(0)
	g.Eventually(result, patience).Should(Receive(MatchError(stream.ErrDisconnected)))
	g.Expect(c.Restart(0)).To(Succeed())
	g.Eventually(js.Conn().IsConnected, patience).Should(BeTrue())
	g.Expect(l.Read(testContext(t), 10, r)).To(Or(MatchError(stream.ErrGone), MatchError(stream.ErrShort)))
}

func TestAServerWithFileStorageKeepsEverything(t *testing.T) {
	g := NewWithT(t)
	c := startProcesses(t, 1)
	js := connect(t, func(opts ...nats.Option) (*nats.Conn, error) { return c.Connect(0, opts...) })
	l := create(t, js, stream.Config{Storage: jetstream.FileStorage})
	appendN(t, l, 0, 10)
	c.Kill(0)
	g.Expect(c.Restart(0)).To(Succeed())
	r := &recorder{enough: 10}
	g.Eventually(func() error { return l.Read(testContext(t), 1, r) }, patience).Should(MatchError(errEnough))
	g.Expect(r.data()).To(Equal(numbers(0, 10)))
}
