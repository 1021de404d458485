package stream_test

import (
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/embedded"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// rejections collects what Append reports.
type rejections struct {
	mu   sync.Mutex
	errs []error
}

func (r *rejections) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

func (r *rejections) all() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]error(nil), r.errs...)
}

func TestAFullLogRejectsMessagesAndKeepsTheOldOnes(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t), stream.Config{Storage: memory.Storage, MaxBytes: 10_000})
	var rejected rejections
	for range 20 {
		g.Expect(l.Append(make([]byte, 1000), rejected.add)).To(Succeed())
	}
	g.Eventually(rejected.all, patience).Should(HaveLen(11))
	g.Expect(rejected.all()).To(HaveEach(MatchError(stream.ErrLimit)))
	info, err := l.Info(testContext(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect([]uint64{info.First, info.Last}).To(Equal([]uint64{1, 9}))
}

func TestAFullServerRejectsMessages(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t, embedded.Limits(20_000, 0)), memory)
	var rejected rejections
	for range 40 {
		g.Expect(l.Append(make([]byte, 1000), rejected.add)).To(Succeed())
	}
	g.Eventually(rejected.all, patience).Should(ContainElement(MatchError(stream.ErrLimit)))
}

func TestATooLargeMessageIsNotSent(t *testing.T) {
	g := NewWithT(t)
	l := create(t, startServer(t, embedded.MaxPayload(4096)), memory)
	g.Expect(l.MaxMessage()).To(Equal(4096))
	g.Expect(l.Append(make([]byte, 4097), nil)).To(MatchError(stream.ErrTooLarge))
	appendN(t, l, 0, 1)
}

func TestAMessageThatNobodyTakesIsRejected(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	g.Expect(js.DeleteStream(testContext(t), streamName)).To(Succeed())
	var rejected rejections
	g.Expect(l.Append([]byte("lost"), rejected.add)).To(Succeed())
	g.Eventually(rejected.all, patience).Should(ConsistOf(MatchError(stream.ErrNoResponders)))
}

func TestNothingIsSentWhileDisconnected(t *testing.T) {
	g := NewWithT(t)
	js := startServer(t)
	l := create(t, js, memory)
	js.Conn().Close()
	g.Expect(l.Append([]byte("late"), nil)).To(MatchError(stream.ErrDisconnected))
	g.Expect(l.Read(testContext(t), 1, new(recorder))).To(MatchError(stream.ErrDisconnected))
}
