package stream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// bucketStream is the stream behind the bucket of the log named test.
const bucketStream = "OBJ_lastmodstore-test"

func randomData(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

func readAll(t testing.TB, s stream.Snapshots, name string) ([]byte, error) {
	r, err := s.Open(testContext(t), name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func TestSnapshotsAreSavedListedOpenedAndDeleted(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	s := create(t, js, memory).Snapshots()
	ctx := testContext(t)
	g.Expect(s.List(ctx)).To(BeEmpty())
	g.Expect(s.Delete(ctx, "none")).To(Succeed())
	_, err := s.Open(ctx, "none")
	g.Expect(err).To(MatchError(stream.ErrNoSnapshot))
	contents := map[string][]byte{"empty": {}, "small": []byte("x"), "b/c d.*>": randomData(1_000_000), "even": randomData(256 << 10)}
	for name, data := range contents {
		g.Expect(s.Save(ctx, name, bytes.NewReader(data))).To(Succeed())
	}
	g.Expect(s.List(ctx)).To(Equal([]string{"b/c d.*>", "empty", "even", "small"}))
	for name, data := range contents {
		read, err := readAll(t, s, name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(bytes.Equal(read, data)).To(BeTrue(), name)
	}
	for name := range contents {
		g.Expect(s.Delete(ctx, name)).To(Succeed())
	}
	g.Expect(s.List(ctx)).To(BeEmpty())
	g.Expect(stored(t, js)).To(BeZero(), "nothing is left of deleted snapshots")
}

// stored returns how many messages the bucket consists of.
func stored(t testing.TB, js jetstream.JetStream) uint64 {
	s, err := js.Stream(testContext(t), bucketStream)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return s.CachedInfo().State.Msgs
}

func TestTheObjectStoreClientReadsASnapshot(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	data := randomData(300_000)
	g.Expect(l.Snapshots().Save(testContext(t), "one", bytes.NewReader(data))).To(Succeed())
	bucket, err := js.ObjectStore(testContext(t), "lastmodstore-test")
	g.Expect(err).NotTo(HaveOccurred())
	info, err := l.Info(testContext(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(bucket.GetBytes(testContext(t), info.ID+"/one")).To(Equal(data))
}

func TestASnapshotIsNeverOverwritten(t *testing.T) {
	g := NewWithT(t)
	s := create(t, startServer(t), memory).Snapshots()
	g.Expect(s.Save(testContext(t), "one", strings.NewReader("first"))).To(Succeed())
	g.Expect(s.Save(testContext(t), "one", strings.NewReader("second"))).To(MatchError(stream.ErrSnapshotExists))
	results := make(chan error, 2)
	for _, data := range []string{"a", "b"} { // both see that there is none, one comes first
		go func() { results <- s.Save(testContext(t), "two", strings.NewReader(data)) }()
	}
	g.Expect([]error{<-results, <-results}).To(ConsistOf(BeNil(), MatchError(stream.ErrSnapshotExists)))
	g.Expect(readAll(t, s, "one")).To(BeEquivalentTo("first"))
}

func TestAFailedSaveLeavesNothing(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	s := create(t, js, memory).Snapshots()
	broken := errors.New("broken")
	err := s.Save(testContext(t), "one", io.MultiReader(bytes.NewReader(randomData(500_000)), iotest.ErrReader(broken)))
	g.Expect(err).To(MatchError(broken))
	ctx, cancel := context.WithCancel(testContext(t))
	cancel()
	g.Expect(s.Save(ctx, "two", strings.NewReader("x"))).To(MatchError(context.Canceled))
	g.Expect(s.List(testContext(t))).To(BeEmpty())
	g.Expect(stored(t, js)).To(BeZero())
}

func TestACorruptSnapshotIsAnError(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	s := create(t, js, memory).Snapshots()
	g.Expect(s.Save(testContext(t), "one", bytes.NewReader(randomData(300_000)))).To(Succeed())
	bucket, err := js.Stream(testContext(t), bucketStream)
	g.Expect(err).NotTo(HaveOccurred())
	chunk, err := bucket.GetMsg(testContext(t), 2)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(bucket.DeleteMsg(testContext(t), 2)).To(Succeed())
	_, err = readAll(t, s, "one")
	g.Expect(err).To(MatchError(stream.ErrCorrupt), "a chunk is missing")
	_, err = js.Publish(testContext(t), chunk.Subject, chunk.Data)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = readAll(t, s, "one")
	g.Expect(err).To(MatchError(stream.ErrCorrupt), "chunks have changed places")
}

func TestARecreatedLogDoesNotSeeTheSnapshotsOfTheOldOne(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	old := create(t, js, memory)
	g.Expect(old.Snapshots().Save(testContext(t), "one", strings.NewReader("old"))).To(Succeed())
	g.Expect(js.DeleteStream(testContext(t), streamName)).To(Succeed())
	l := create(t, js, memory)
	g.Expect(l.Snapshots().List(testContext(t))).To(BeEmpty())
	_, err := l.Snapshots().Open(testContext(t), "one")
	g.Expect(err).To(MatchError(stream.ErrNoSnapshot))
}
