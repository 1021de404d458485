package replica

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

const start = int64(1_000_000_000_000_000_000)

// A script is a log that a test writes by hand.
type script struct {
	g        *WithT
	messages []stream.Message
}

func (s *script) add(at int64, data []byte) stream.Message {
	m := stream.Message{Seq: uint64(len(s.messages) + 1), Time: at, Data: data}
	s.messages = append(s.messages, m)
	return m
}

func (s *script) register(at int64) stream.Message {
	return s.add(at, command.AppendHeader(nil, command.Header{Clock: at, Nonce: make([]byte, command.NonceLen)}))
}

func (s *script) commands(at int64, session, number, floor uint64, all ...command.Command) stream.Message {
	data := command.AppendHeader(nil, command.Header{Clock: at, Session: session, Number: number, Floor: floor})
	for i := range all {
		data = command.Append(data, &all[i])
	}
	return s.add(at, data)
}

func open(t *testing.T) (*script, *Replica[string, int]) {
	s := &script{g: NewWithT(t)}
	r := New(codec.ForKeys[string](lastmodstore.JSON), codec.ForValues[int](lastmodstore.JSON), "log", start, func() int64 { return time.Now().UnixNano() })
	t.Cleanup(func() { r.Store.Close() })
	return s, r
}

func (s *script) apply(r *Replica[string, int], m stream.Message) Applied[int] {
	a, err := r.Apply(m)
	s.g.ExpectWithOffset(1, err).NotTo(HaveOccurred())
	return a
}

func encoded(value int) []byte {
	data, _ := codec.ForValues[int](lastmodstore.JSON).Encode(value)
	return data
}

func add(n int) command.Command {
	return command.Command{Op: command.Add, Key: []byte("n"), Value: encoded(n)}
}

func TestAMessageThatDoesNotFollowIsRefused(t *testing.T) {
	s, r := open(t)
	first := s.register(start)
	s.apply(r, first)
	second := s.commands(start, 1, 1, 1, add(1))
	third := s.commands(start, 1, 2, 1, add(1))
	_, err := r.Apply(third)
	s.g.Expect(err).To(MatchError(ErrDiverged), "a gap")
	s.apply(r, second)
	s.g.Expect(s.apply(r, second).Repeated).To(BeTrue(), "the overlap with what was read before")
	other := second
	other.Data = append(bytes.Clone(second.Data), 0)
	_, err = r.Apply(other)
	s.g.Expect(err).To(MatchError(ErrDiverged), "another message in its place")
	later := second
	later.Time++
	_, err = r.Apply(later)
	s.g.Expect(err).To(MatchError(ErrDiverged), "the same message in another log")
	got, _ := r.Store.Get("n")
	s.g.Expect(got).To(Equal(1))
}

func TestARepeatedMessageHasNoEffect(t *testing.T) {
	s, r := open(t)
	s.apply(r, s.register(start))
	s.g.Expect(s.apply(r, s.commands(start, 1, 1, 1, add(1))).Results[0].Entry.Value).To(Equal(1))
	s.g.Expect(s.apply(r, s.commands(start, 1, 1, 1, add(1))).Repeated).To(BeTrue())
	s.g.Expect(s.apply(r, s.commands(start, 1, 3, 3, add(1))).Results[0].Entry.Value).To(Equal(2))
	s.g.Expect(s.apply(r, s.commands(start, 1, 2, 1, add(1))).Repeated).To(BeTrue(), "its writer has given it up")
	_, ok := r.Results(1, 1)
	s.g.Expect(ok).To(BeFalse(), "nobody waits for it any more")
	got, _ := r.Store.Get("n")
	s.g.Expect(got).To(Equal(2))
}

// A session ends when nothing has come from it for SessionTTL. A late duplicate of its
// registration does not revive it.
func TestASessionExpires(t *testing.T) {
	s, r := open(t)
	s.apply(r, s.register(start))
	s.apply(r, s.commands(start, 1, 1, 1, add(1)))
	s.apply(r, s.register(start+int64(SessionTTL)-1))
	s.g.Expect(r.HasSession(1)).To(BeTrue())
	s.apply(r, s.register(start+int64(SessionTTL)))
	s.g.Expect(r.HasSession(1)).To(BeFalse())
	s.g.Expect(s.apply(r, s.commands(start+int64(SessionTTL), 1, 1, 1, add(1))).Unknown).To(BeTrue())
	got, _ := r.Store.Get("n")
	s.g.Expect(got).To(Equal(1))
}

// A replica that is restored from a snapshot remembers the results and the sessions.
func TestASnapshotHoldsTheSessions(t *testing.T) {
	s, r := open(t)
	s.apply(r, s.register(start))
	s.apply(r, s.commands(start, 1, 1, 1, add(5), command.Command{Op: command.GetAndDelete, Key: []byte("n")}))
	var b bytes.Buffer
	s.g.Expect(r.Write(&b, r.Snapshot())).To(Succeed())

	_, other := open(t)
	snapshot, err := other.Read(bytes.NewReader(b.Bytes()))
	s.g.Expect(err).NotTo(HaveOccurred())
	other.Restore(snapshot)
	want, _ := r.Results(1, 1)
	got, ok := other.Results(1, 1)
	s.g.Expect(ok).To(BeTrue())
	s.g.Expect(got).To(Equal(want))
	s.g.Expect(got[1].Entry.Value).To(Equal(5))
	again := s.commands(start, 1, 1, 1, add(5))
	s.g.Expect(s.apply(other, again).Repeated).To(BeTrue())
	s.apply(r, again)
	var x, y bytes.Buffer
	s.g.Expect(r.Write(&x, r.Snapshot())).To(Succeed())
	s.g.Expect(other.Write(&y, other.Snapshot())).To(Succeed())
	s.g.Expect(y.Bytes()).To(Equal(x.Bytes()))
}

// A snapshot that is taken while messages are applied is the state at one position, also if
// the table outgrows the memory that was reserved for it.
func TestASnapshotTakenWhileMessagesAreAppliedIsOfOnePosition(t *testing.T) {
	s, r := open(t)
	s.apply(r, s.register(start))
	const messages, each = 60, 20
	for i := range messages {
		var all []command.Command
		for k := range each {
			all = append(all, command.Command{Op: command.Set, Key: fmt.Append(nil, "key-", i, "-", k), Value: encoded(i), TTL: int64(time.Hour)}, add(1))
		}
		all = append(all, command.Command{Op: command.Delete, Key: fmt.Append(nil, "key-", i, "-0")})
		s.commands(start+int64(i), 1, uint64(i+1), uint64(i+1), all...)
	}
	encode := func(r *Replica[string, int], snapshot *Snapshot[string, int]) []byte {
		var b bytes.Buffer
		s.g.Expect(r.Write(&b, snapshot)).To(Succeed())
		return b.Bytes()
	}
	var taken, applied atomic.Int64
	defer taken.Store(messages) // ends the goroutine below if the test has failed
	await := func(counter *atomic.Int64, n int) {
		for counter.Load() < int64(n) {
			runtime.Gosched()
		}
	}
	go func() {
		for i, m := range s.messages[1:] {
			await(&taken, i)
			s.apply(r, m)
			applied.Add(1)
		}
	}()
	snapshots := map[Position][]byte{}
	for i := range messages {
		await(&applied, i)
		taken.Add(1)
		snapshot := r.Snapshot()
		data, before := encode(r, snapshot), snapshots[snapshot.Position]
		if before != nil {
			s.g.Expect(data).To(Equal(before), "at %d", snapshot.Position.Seq)
		}
		snapshots[snapshot.Position] = data
	}
	await(&applied, messages)
	want := encode(r, r.Snapshot())
	for at, data := range snapshots {
		_, other := open(t)
		read, err := other.Read(bytes.NewReader(data))
		s.g.Expect(err).NotTo(HaveOccurred())
		other.Restore(read)
		for _, m := range s.messages[at.Seq:] {
			s.apply(other, m)
		}
		s.g.Expect(encode(other, other.Snapshot())).To(Equal(want), "from the snapshot at %d", at.Seq)
	}
}

// Collecting garbage would slow down the writes of a node that saves.
func TestWritingASnapshotAllocatesNothingForEachEntry(t *testing.T) {
	s, r := open(t)
	s.apply(r, s.register(start))
	const entries = 10_000
	all := make([]command.Command, entries)
	for i := range all {
		all[i] = command.Command{Op: command.Set, Key: fmt.Append(nil, "key-", i), Value: encoded(i), TTL: int64(time.Hour)}
	}
	s.apply(r, s.commands(start, 1, 1, 1, all...))
	snapshot := r.Snapshot()
	s.g.Expect(testing.AllocsPerRun(3, func() {
		s.g.Expect(r.Write(io.Discard, snapshot)).To(Succeed())
	})).To(BeNumerically("<", entries/10))
}

func TestACorruptSnapshotIsAnError(t *testing.T) {
	s, r := open(t)
	s.apply(r, s.register(start))
	s.apply(r, s.commands(start, 1, 1, 1, add(5), command.Command{Op: command.Delete, Key: []byte("n")}))
	var b bytes.Buffer
	s.g.Expect(r.Write(&b, r.Snapshot())).To(Succeed())
	for n := range b.Len() {
		_, err := r.Read(bytes.NewReader(b.Bytes()[:n]))
		s.g.Expect(err).To(MatchError(ErrCorrupt), "%d bytes", n)
		flipped := bytes.Clone(b.Bytes())
		flipped[n] ^= 1
		_, err = r.Read(bytes.NewReader(flipped))
		s.g.Expect(err).To(MatchError(ErrCorrupt), "byte %d", n)
	}
}

func TestAMessageThatIsNoCommandIsAnError(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":               {},
		"of another version":  {command.Version + 1, 2},
		"of an unknown kind":  {command.Version, 9, 0},
		"an unknown command":  append(command.AppendHeader(nil, command.Header{Session: 1, Number: 1}), 200),
		"a value of no int":   command.Append(command.AppendHeader(nil, command.Header{Session: 1, Number: 1}), &command.Command{Op: command.Set, Key: []byte("k"), Value: []byte("x")}),
		"a pair of no values": command.Append(command.AppendHeader(nil, command.Header{Session: 1, Number: 1}), &command.Command{Op: command.SetMany, Pairs: []command.Pair{{Key: []byte("k")}}}),
	} {
		s, r := open(t)
		s.apply(r, s.register(start))
		_, err := r.Apply(s.add(start, data))
		s.g.Expect(err).To(MatchError(ErrUndecodable), name)
		s.g.Expect(r.Position().Seq).To(BeEquivalentTo(1), name)
	}
}

// The time of a message follows neither the server's clock nor its writer's alone, and
// never decreases.
func TestTheTimeOfAMessage(t *testing.T) {
	s, r := open(t)
	minute, hour := int64(time.Minute), int64(time.Hour)
	for _, x := range []struct{ server, writer, want int64 }{
		{start, start, start},
		{start + 5, start + 3, start + 5},
		{start + hour, start + 7, start + 7 + minute},
		{start - hour, start + 8, start + 7 + minute},
		{start + 2*minute, start + hour, start + 2*minute},
		{start + 3*minute, start - hour, start + 2*minute},
	} {
		r.advance(x.server, x.writer)
		s.g.Expect(r.Time()).To(Equal(x.want))
		s.g.Expect(r.Line.Tick()).To(Equal(x.want))
	}
}
