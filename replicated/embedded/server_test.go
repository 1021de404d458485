package embedded_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

const patience = 20 * time.Second

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// open returns a JetStream context, and its connection to be closed before the server.
func open(t *testing.T, dial func(...nats.Option) (*nats.Conn, error)) jetstream.JetStream {
	t.Helper()
	g := NewWithT(t)
	nc, err := dial()
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	g.Expect(err).NotTo(HaveOccurred())
	return js
}

func createStream(t *testing.T, js jetstream.JetStream, replicas int) {
	t.Helper()
	_, err := js.CreateStream(testContext(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: replicas})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

// publish stores one more message. It asks again, because a request that is sent while there is no leader is never responded to.
// The message has an ID, so that it is stored once.
func publish(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	id := rand.Text()
	NewWithT(t).Eventually(func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := js.Publish(ctx, "s", []byte("x"), jetstream.WithMsgID(id))
		return err
	}, patience).Should(Succeed())
}

func count(t *testing.T, js jetstream.JetStream) (n uint64) {
	t.Helper()
	NewWithT(t).Eventually(func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s, err := js.Stream(ctx, "S")
		if err == nil {
			n = s.CachedInfo().State.Msgs
		}
		return err
	}, patience).Should(Succeed())
	return n
}

func TestAServerKeepsItsDirectory(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	for round := range 3 {
		s, err := embedded.Start(dir, embedded.SyncAlways())
		g.Expect(err).NotTo(HaveOccurred())
		js := open(t, s.Connect)
		if round == 0 {
			createStream(t, js, 1)
		}
		g.Expect(count(t, js)).To(BeEquivalentTo(round))
		publish(t, js)
		js.Conn().Close()
		g.Expect(s.Close()).To(Succeed())
		g.Expect(s.Close()).To(Succeed())
	}
}

func TestServersWithoutADirectoryShareNothingAndLeaveNothing(t *testing.T) {
	g := NewWithT(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var servers []*embedded.Server
	for range 2 {
		s, err := embedded.Start("")
		g.Expect(err).NotTo(HaveOccurred())
		servers = append(servers, s)
	}
	for _, s := range servers {
		js := open(t, s.Connect)
		createStream(t, js, 1)
		publish(t, js)
		g.Expect(count(t, js)).To(BeEquivalentTo(1))
		js.Conn().Close()
	}
	g.Expect(os.ReadDir(temp)).To(HaveLen(2))
	for _, s := range servers {
		g.Expect(s.Close()).To(Succeed())
	}
	g.Expect(os.ReadDir(temp)).To(BeEmpty())
}

func TestAServerThatCannotStoreSaysWhy(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	_, err := embedded.Start(file)
	g.Expect(err).To(MatchError(ContainSubstring("JetStream")))
	_, err = embedded.Cluster(3, file)
	g.Expect(err).To(MatchError(ContainSubstring("JetStream")))
	_, err = embedded.Cluster(1, t.TempDir())
	g.Expect(err).To(HaveOccurred())
}

func TestAClosedServerRefusesConnections(t *testing.T) {
	g := NewWithT(t)
	s, err := embedded.Start(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Close()).To(Succeed())
	_, err = s.Connect()
	g.Expect(err).To(HaveOccurred())
}
