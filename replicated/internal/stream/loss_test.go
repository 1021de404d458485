package stream_test

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

func TestTrimKeepsWhatWasAskedForAndTheLastMessage(t *testing.T) {
	g := NewWithT(t)
	ctx := testContext(t)
	l := create(t, startServer(t), memory)
	g.Expect(l.Trim(ctx, 100)).To(Succeed(), "an empty log")
	appendN(t, l, 1, 10)
	for _, step := range []struct{ below, first uint64 }{{0, 1}, {1, 1}, {4, 4}, {3, 4}, {10, 10}, {11, 10}, {1000, 10}} {
		g.Expect(l.Trim(ctx, step.below)).To(Succeed())
		info, err := l.Info(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect([]uint64{info.First, info.Last}).To(Equal([]uint64{step.first, 10}))
	}
	g.Expect(l.Read(ctx, 10, &recorder{enough: 1})).To(MatchError(errEnough))
}

func TestReadingBelowTheFirstMessageIsRefused(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t), memory)
	appendN(t, l, 1, 10)
	g.Expect(l.Trim(testContext(t), 5)).To(Succeed())
	g.Expect(l.Read(testContext(t), 4, new(recorder))).To(MatchError(stream.ErrTrimmed))
	g.Expect(l.Read(testContext(t), 1, new(recorder))).To(MatchError(stream.ErrTrimmed))
	g.Expect(l.Read(testContext(t), 5, &recorder{enough: 6})).To(MatchError(errEnough))
}

func TestReadingBeyondTheLastMessageIsRefused(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t), memory)
	g.Expect(l.Read(testContext(t), 2, new(recorder))).To(MatchError(stream.ErrShort))
	appendN(t, l, 1, 3)
	g.Expect(l.Read(testContext(t), 4, new(recorder))).To(MatchError(stream.ErrShort))
}

func TestAMessageRemovedFromTheMiddleIsAGap(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	appendN(t, l, 1, 10)
	s, err := js.Stream(testContext(t), streamName)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.DeleteMsg(testContext(t), 6)).To(Succeed())
	r := new(recorder)
	g.Expect(l.Read(testContext(t), 1, r)).To(MatchError(stream.ErrGap))
	g.Expect(r.sequences()).To(Equal([]uint64{1, 2, 3, 4, 5}))
}

func TestAReaderThatIsOvertakenByTrimmingNoticesIt(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	appendN(t, l, 1, 3)
	r := new(recorder)
	result := background(testContext(t), l, 1, r)
	g.Eventually(r.count, patience).Should(Equal(3))
	s, err := js.Stream(testContext(t), streamName)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Purge(testContext(t), jetstream.WithPurgeSequence(50))).To(Succeed())
	g.Eventually(result, patience).Should(Receive(Or(MatchError(stream.ErrGap), MatchError(stream.ErrTrimmed))))
}

func TestADeletedLogIsGone(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	appendN(t, l, 1, 3)
	r := new(recorder)
	result := background(testContext(t), l, 1, r)
	g.Eventually(r.count, patience).Should(Equal(3))
	g.Expect(js.DeleteStream(testContext(t), streamName)).To(Succeed())
	g.Eventually(result, patience).Should(Receive(MatchError(stream.ErrGone)), "by the reader")
	g.Expect(l.Read(testContext(t), 1, r)).To(MatchError(stream.ErrGone), "by a new one")
	_, err := l.Info(testContext(t))
	g.Expect(err).To(MatchError(stream.ErrGone))
	g.Expect(l.Trim(testContext(t), 2)).To(MatchError(stream.ErrGone))
}

func TestARecreatedLogIsAnotherOne(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	appendN(t, l, 1, 3)
	r := new(recorder)
	result := background(testContext(t), l, 1, r)
	g.Eventually(r.count, patience).Should(Equal(3))
	g.Expect(js.DeleteStream(testContext(t), streamName)).To(Succeed())
	again := create(t, js, memory)
	appendN(t, again, 1, 5)
	g.Eventually(result, patience).Should(Receive(MatchError(stream.ErrGone)))
	g.Expect(l.Read(testContext(t), 3, r)).To(MatchError(stream.ErrGone))
	g.Expect(r.count()).To(Equal(3))
}

func TestALogWithTheSameIDButAnotherCreationTimeIsAnotherOne(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	ctx := testContext(t)
	l := create(t, js, memory)
	s, err := js.Stream(ctx, streamName)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(js.DeleteStream(ctx, streamName)).To(Succeed())
	_, err = js.CreateStream(ctx, s.CachedInfo().Config)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Read(ctx, 1, new(recorder))).To(MatchError(stream.ErrGone))
}

func TestALogThatIsEmptiedWhileReadIsNoticed(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	appendN(t, l, 1, 3)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	r := &recorder{enough: 3}
	g.Expect(l.Read(ctx, 1, r)).To(MatchError(errEnough))
	s, err := js.Stream(ctx, streamName)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Purge(ctx)).To(Succeed())
	g.Expect(l.Read(ctx, 3, r)).To(MatchError(stream.ErrTrimmed))
}
