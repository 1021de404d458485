package deployment

import (
	"context"
	"os"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

// One server of a deployment can be measured, and nothing is left of it.
func TestADeploymentServesAndEnds(t *testing.T) {
	g := NewWithT(t)
	d, err := Start(1)
	g.Expect(err).NotTo(HaveOccurred())
	s, _, err := d.OpenAtLeader(replicated.InMemory())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(Set(s.Set)(7)).To(Succeed())
	g.Expect(Get(s.Get)(7)).To(Succeed())
	g.Expect(Get(s.Get)(8)).To(MatchError(ErrAbsent))
	p, err := d.Publisher(jetstream.MemoryStorage)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(p.Acknowledged(0)).To(Succeed())
	n, err := p.Flood(100)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(n).To(Equal(100))
	b, err := d.Bucket(jetstream.MemoryStorage)
	g.Expect(err).NotTo(HaveOccurred())
	ctx := context.Background()
	g.Expect(BucketPut(ctx, b)(7)).To(Succeed())
	g.Expect(BucketGet(ctx, b)(7)).To(Succeed())
	g.Expect(BucketGet(ctx, b)(8)).To(MatchError(jetstream.ErrKeyNotFound))
	g.Expect(d.Close()).To(Succeed())
	g.Expect(d.Dir).NotTo(BeAnExistingFile())
}

func TestMain(m *testing.M) {
	servertest.Main()
	os.Exit(m.Run())
}
