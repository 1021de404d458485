package stream

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"
)

// counter is a handler that counts.
type counter struct{ delivered, alive int }

func (c *counter) Deliver(Message) error { c.delivered++; return nil }
func (c *counter) Alive(uint64)          { c.alive++ }

func newFeed(t *testing.T, h Handler) *feed {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &feed{stream: "S", consumer: "C", handler: h, ctx: ctx, fail: cancel, established: make(chan struct{}), next: 5}
	close(f.established)
	return f
}

func data(stream, consumer string, stored, delivered int) *nats.Msg {
	return &nats.Msg{Reply: fmt.Sprintf("$JS.ACK.%s.%s.1.%d.%d.1700000000000000000.0", stream, consumer, stored, delivered)}
}

func beat(delivered, stored int) *nats.Msg {
	return &nats.Msg{Header: nats.Header{"Status": {"100"}, "Description": {"Idle Heartbeat"},
		"Nats-Last-Consumer": {fmt.Sprint(delivered)}, "Nats-Last-Stream": {fmt.Sprint(stored)}}}
}

func TestNothingButTheNextMessageIsDelivered(t *testing.T) {
	for name, step := range map[string]struct {
		before []*nats.Msg
		wrong  *nats.Msg
	}{
		"not the first":                    {wrong: data("S", "C", 6, 1)},
		"earlier than the first":           {wrong: data("S", "C", 4, 1)},
		"a message skipped by the stream":  {[]*nats.Msg{data("S", "C", 5, 1)}, data("S", "C", 7, 2)},
		"a message lost on the way":        {[]*nats.Msg{data("S", "C", 5, 1)}, data("S", "C", 7, 3)},
		"delivered again":                  {[]*nats.Msg{data("S", "C", 5, 1)}, data("S", "C", 5, 2)},
		"the consumer has begun again":     {[]*nats.Msg{data("S", "C", 5, 1)}, data("S", "C", 5, 1)},
		"another consumer":                 {wrong: data("S", "D", 5, 1)},
		"another stream":                   {wrong: data("T", "C", 5, 1)},
		"unintelligible":                   {wrong: &nats.Msg{Reply: "$JS.ACK.S.C.1.x.1.1.0"}},
		"heartbeat: a message was lost":    {[]*nats.Msg{data("S", "C", 5, 1)}, beat(2, 6)},
		"heartbeat: skipped by the server": {wrong: beat(0, 9)},
		"heartbeat: begun again":           {[]*nats.Msg{data("S", "C", 5, 1)}, beat(0, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			h := new(counter)
			f := newFeed(t, h)
			for _, m := range step.before {
				f.receive(m)
			}
			g.Expect(f.ctx.Err()).NotTo(HaveOccurred())
			f.receive(step.wrong)
			g.Expect(context.Cause(f.ctx)).To(MatchError(ErrGap))
			f.receive(data("S", "C", int(f.next), int(f.delivered)+1))
			g.Expect(h.delivered).To(Equal(len(step.before)), "nothing is delivered after a gap")
		})
	}
}

func TestHeartbeatsAreHandedOn(t *testing.T) {
	g := NewWithT(t)
	h := new(counter)
	f := newFeed(t, h)
	for _, m := range []*nats.Msg{beat(0, 4), data("S", "C", 5, 1), beat(1, 5), {Data: []byte("not from a consumer")}, data("S", "C", 6, 2)} {
		f.receive(m)
	}
	g.Expect(f.ctx.Err()).NotTo(HaveOccurred())
	g.Expect(*h).To(Equal(counter{delivered: 2, alive: 2}))
}

func TestTheLogIsComparedWithTheFeed(t *testing.T) {
	const watching = ""
	type step struct {
		handled, last uint64
		err           error
		want          string
	}
	for name, steps := range map[string][]step{
		"in step":               {{5, 5, nil, watching}, {6, 6, nil, watching}, {6, 6, nil, watching}},
		"behind and moving":     {{5, 9, nil, watching}, {6, 9, nil, watching}, {7, 12, nil, watching}},
		"behind and stuck":      {{5, 9, nil, watching}, {5, 9, nil, ErrStalled.Error()}},
		"new messages just now": {{5, 5, nil, watching}, {5, 9, nil, watching}, {9, 9, nil, watching}},
		"a leader that lags":    {{5, 4, nil, watching}, {5, 5, nil, watching}, {5, 4, nil, watching}},
		"messages lost":         {{5, 0, nil, watching}, {5, 0, nil, ErrShort.Error()}},
		"gone":                  {{5, 5, ErrGone, ErrGone.Error()}},
		"no leader for a while": {{5, 0, errors.New("timeout"), watching}, {5, 5, nil, watching}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			w := logWatch{feed: newFeed(t, new(counter)), answered: time.Now()}
			for _, s := range steps {
				err := w.check(s.handled, state{Info: Info{Last: s.last}, quorum: true}, s.err, false)
				if s.want == watching {
					g.Expect(err).NotTo(HaveOccurred())
				} else {
					g.Expect(err).To(MatchError(ContainSubstring(s.want)))
				}
			}
		})
	}
}

func TestALogWithoutALeaderForTooLongIsStalled(t *testing.T) {
	g := NewWithT(t)
	w := logWatch{feed: newFeed(t, new(counter)), answered: time.Now().Add(-leaderless - time.Second)}
	g.Expect(w.check(5, state{}, errors.New("timeout"), false)).To(MatchError(ErrStalled))
}

func TestPositionsAreParsed(t *testing.T) {
	want := position{stream: "S", consumer: "C", stored: 7, delivered: 3, time: 12, pending: 4}
	for reply, ok := range map[string]bool{
		"$JS.ACK.S.C.1.7.3.12.4":               true,
		"$JS.ACK.dom.hash.S.C.1.7.3.12.4":      true,
		"$JS.ACK.dom.hash.S.C.1.7.3.12.4.rand": true,
		"$JS.ACK.S.C.1.7.3.12":                 false,
		"$JS.ACK.S.C.1.-7.3.12.4":              false,
		"$JS.ACK.a.b.c.d.e.f.g.h.i.j.k.l.m":    false,
		"":                                     false,
	} {
		t.Run(reply, func(t *testing.T) {
			g := NewWithT(t)
			p, parsed := parsePosition(reply)
			g.Expect(parsed).To(Equal(ok))
			if ok {
				g.Expect(p).To(Equal(want))
			}
		})
	}
}

func TestALeaderWithoutAQuorumIsNotBelieved(t *testing.T) {
	g := NewWithT(t)
	near, far := &jetstream.PeerInfo{Active: time.Second}, &jetstream.PeerInfo{Active: time.Minute}
	offline := &jetstream.PeerInfo{Offline: true}
	for _, c := range []struct {
		peers []*jetstream.PeerInfo
		want  bool
	}{
		{nil, true},
		{[]*jetstream.PeerInfo{near, near}, true},
		{[]*jetstream.PeerInfo{near, far}, true},
		{[]*jetstream.PeerInfo{far, offline}, false},
		{[]*jetstream.PeerInfo{near, far, far, offline}, false},
		{[]*jetstream.PeerInfo{near, near, far, offline}, true},
	} {
		g.Expect(hasQuorum(&jetstream.ClusterInfo{Replicas: c.peers})).To(Equal(c.want))
	}
	g.Expect(hasQuorum(nil)).To(BeTrue(), "one server")
	w := logWatch{feed: newFeed(t, new(counter)), answered: time.Now()}
	for range 5 {
		g.Expect(w.check(5, state{Info: Info{Last: 3}}, nil, false)).To(Succeed())
	}
}
