package stream_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

func TestAllWhoCreateALogGetTheSameOne(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	infos := make([]stream.Info, 8)
	var wg sync.WaitGroup
	for i := range infos {
		wg.Go(func() {
			l, err := stream.Create(testContext(t), js, "test", stream.Config{Settings: map[string]string{"by": fmt.Sprint(i)}})
			if err == nil {
				defer l.Close()
				infos[i], err = l.Info(testContext(t))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	g.Expect(infos[0].ID).NotTo(BeEmpty())
	g.Expect(infos[0].Created).NotTo(BeZero())
	g.Expect(infos[0].Settings).To(And(HaveLen(1), HaveKey("by")))
	g.Expect(infos).To(HaveEach(Equal(infos[0])))
}

func TestAnyNameMayBeUsed(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	for _, name := range []string{"orders", "a.b", "a_b", "a b", "*", ">", "grüße/../x", "_2E", "OBJ_x"} {
		l, err := stream.Create(testContext(t), js, name, memory)
		g.Expect(err).NotTo(HaveOccurred(), name)
		g.Expect(l.Append([]byte(name), nil)).To(Succeed())
		r := &recorder{enough: 1}
		g.Expect(l.Read(testContext(t), 1, r)).To(MatchError(errEnough))
		g.Expect(r.data()).To(Equal([]string{name}))
		g.Expect(l.Close()).To(Succeed())
	}
}

func TestUnusableConfigurationsAreRefused(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	for _, c := range []stream.Config{{Replicas: 2}, {Replicas: -1}, {MaxBytes: -1}} {
		_, err := stream.Create(testContext(t), js, "test", c)
		g.Expect(err).To(HaveOccurred())
	}
	_, err := stream.Create(testContext(t), js, "", memory)
	g.Expect(err).To(HaveOccurred())
}

func TestAStreamThatIsNoLogIsRefused(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	g.Expect(l.Close()).To(Succeed())
	s, err := js.Stream(testContext(t), streamName)
	g.Expect(err).NotTo(HaveOccurred())
	for _, change := range []func(*jetstream.StreamConfig){
		func(c *jetstream.StreamConfig) { c.Metadata = nil },
		func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		func(c *jetstream.StreamConfig) { c.MaxAge = 1e12 },
		func(c *jetstream.StreamConfig) { c.Subjects = append(c.Subjects, "other") },
	} {
		config := s.CachedInfo().Config
		change(&config)
		_, err = js.UpdateStream(testContext(t), config)
		g.Expect(err).NotTo(HaveOccurred())
		_, err := stream.Create(testContext(t), js, "test", memory)
		g.Expect(err).To(HaveOccurred())
	}
}
