package stream

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

func TestChunksOfAbandonedSnapshotsAreSwept(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	server, err := embedded.Start(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	defer server.Close()
	nc, err := server.Connect()
	g.Expect(err).NotTo(HaveOccurred())
	defer nc.Close()
	js, err := jetstream.New(nc)
	g.Expect(err).NotTo(HaveOccurred())
	l, err := Create(ctx, js, "test", Config{Storage: jetstream.MemoryStorage})
	g.Expect(err).NotTo(HaveOccurred())
	defer l.Close()
	s := l.(*jetLog).snapshots
	_, err = s.create(ctx)
	g.Expect(err).NotTo(HaveOccurred())
	abandoned := newSnapshotWriter(s)
	g.Expect(abandoned.copy(ctx, strings.NewReader("half of it"))).To(Succeed())
	g.Expect(s.Save(ctx, "complete", strings.NewReader("all of it"))).To(Succeed())
	bucket, err := s.stream(ctx)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(bucket.CachedInfo().State.Msgs).To(BeEquivalentTo(3), "Save leaves what may be in progress")
	g.Expect(s.sweep(ctx, bucket, 0)).To(Succeed())
	g.Expect(bucket.Info(ctx)).To(HaveField("State.Msgs", BeEquivalentTo(2)))
	g.Expect(s.List(ctx)).To(Equal([]string{"complete"}))
	r, err := s.Open(ctx, "complete")
	g.Expect(err).NotTo(HaveOccurred())
	defer r.Close()
	buffer := make([]byte, 20)
	n, err := r.Read(buffer)
	g.Expect(string(buffer[:n]), err).To(Equal("all of it"))
}
