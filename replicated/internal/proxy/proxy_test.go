package proxy_test

import (
	"io"
	"net"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/replicated/internal/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// start returns a proxy to a server that returns whatever it receives.
func start(t *testing.T) *proxy.Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, c) }() // ends with the connection
		}
	}()
	p, err := proxy.New(l.Addr().String())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { p.Close(); l.Close() })
	return p
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { c.Close() })
	return c
}

// echo sends text and receives what comes back in the background.
func echo(t *testing.T, c net.Conn, text string) <-chan string {
	t.Helper()
	_, err := io.WriteString(c, text)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	received := make(chan string, 1)
	go func() {
		buffer := make([]byte, len(text))
		n, _ := io.ReadFull(c, buffer)
		received <- string(buffer[:n])
	}()
	return received
}

func TestEverythingPasses(t *testing.T) {
	g := NewWithT(t)
	p := start(t)
	for range 3 {
		g.Eventually(echo(t, dial(t, p), "hello"), patience).Should(Receive(Equal("hello")))
	}
}

func TestWhatIsHeldPassesLater(t *testing.T) {
	for _, d := range []proxy.Direction{proxy.ToServer, proxy.ToClient} {
		g := NewWithT(t)
		p := start(t)
		c := dial(t, p)
		p.Hold(d)
		p.Hold(d)
		received := echo(t, c, "held")
		g.Consistently(received, "100ms").ShouldNot(Receive())
		p.Release(d)
		p.Release(d)
		g.Eventually(received, patience).Should(Receive(Equal("held")))
	}
}

func TestDelay(t *testing.T) {
	g := NewWithT(t)
	p := start(t)
	p.Delay(proxy.ToClient, 50*time.Millisecond)
	began := time.Now()
	g.Eventually(echo(t, dial(t, p), "late"), patience).Should(Receive(Equal("late")))
	g.Expect(time.Since(began)).To(BeNumerically(">=", 50*time.Millisecond))
}

func TestCutAndRefuse(t *testing.T) {
	g := NewWithT(t)
	p := start(t)
	c := dial(t, p)
	g.Eventually(echo(t, c, "first"), patience).Should(Receive(Equal("first")))
	p.Refuse(true)
	p.Cut()
	_, err := c.Read(make([]byte, 1))
	g.Expect(err).To(HaveOccurred())
	_, err = dial(t, p).Read(make([]byte, 1))
	g.Expect(err).To(HaveOccurred())
	p.Refuse(false)
	g.Eventually(echo(t, dial(t, p), "again"), patience).Should(Receive(Equal("again")))
}

func TestCloseEndsWhatIsHeld(t *testing.T) {
	g := NewWithT(t)
	p := start(t)
	p.Hold(proxy.ToServer)
	received := echo(t, dial(t, p), "lost")
	p.Close()
	g.Eventually(received, patience).Should(Receive(BeEmpty()))
}
