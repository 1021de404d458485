package stream

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	. "github.com/onsi/gomega"
)

func TestRepliesThatNeverArriveAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		r := &replies{inbox: "I."}
		ignore := func(error) {}
		first := r.expect(ignore)
		time.Sleep(replyGeneration)
		g.Expect(r.take(first)).NotTo(BeNil(), "still waited for")
		second := r.expect(ignore)
		time.Sleep(replyGeneration + 1)
		r.expect(ignore)
		time.Sleep(replyGeneration + 1)
		r.expect(ignore)
		g.Expect(r.take(second)).To(BeNil())
		for range 5 * maxGeneration {
			r.expect(ignore)
		}
		g.Expect(len(r.young) + len(r.old)).To(BeNumerically("<=", 2*maxGeneration))
	})
}

func TestEachReplyReachesItsMessageOnce(t *testing.T) {
	g := NewWithT(t)
	r := &replies{inbox: "I."}
	var got []string
	var subjects []string
	for i := range 3 {
		subjects = append(subjects, r.expect(func(err error) { got = append(got, fmt.Sprint(i, " ", err)) }))
	}
	r.receive(&nats.Msg{Subject: subjects[1], Data: []byte(`{"stream":"S","seq":1}`)})
	r.receive(&nats.Msg{Subject: subjects[2], Header: nats.Header{"Status": {"503"}}})
	r.receive(&nats.Msg{Subject: subjects[2], Header: nats.Header{"Status": {"503"}}})
	r.receive(&nats.Msg{Subject: "I.zzz", Header: nats.Header{"Status": {"503"}}})
	g.Expect(got).To(Equal([]string{"2 " + ErrNoResponders.Error()}))
	g.Expect(r.young).To(HaveLen(1))
}

func TestOnlyCertainRefusalsAreRejections(t *testing.T) {
	for _, c := range []struct {
		code int
		text string
		want error
	}{
		{10077, "maximum bytes exceeded", ErrLimit},
		{10077, "maximum messages exceeded", ErrLimit},
		{10077, "message too large", ErrTooLarge},
		{10077, "store is closed", nil},
		{10023, "insufficient resources", ErrLimit},
		{10002, "resource limits exceeded for account", ErrLimit},
		{10054, "message size exceeds maximum allowed", ErrTooLarge},
		{10063, "expected stream sequence does not match", nil},
		{10009, "JetStream cluster can not handle request", nil},
	} {
		g := NewWithT(t)
		m := &nats.Msg{Data: fmt.Appendf(nil, `{"error":{"code":503,"err_code":%d,"description":%q},"stream":"S","seq":0}`, c.code, c.text)}
		if c.want == nil {
			g.Expect(rejection(m)).To(Succeed(), c.text)
		} else {
			g.Expect(rejection(m)).To(MatchError(c.want), c.text)
		}
	}
	g := NewWithT(t)
	g.Expect(rejection(&nats.Msg{Data: []byte(`{"stream":"\"error\"","seq":3}`)})).To(Succeed())
	g.Expect(rejection(&nats.Msg{})).To(Succeed())
}

func TestNamesAreEncodedWithoutCollisions(t *testing.T) {
	g := NewWithT(t)
	seen := make(map[string]string)
	for _, name := range []string{"a", "A", "a.b", "a_b", "a_2Eb", "a b", "a*b", "ä", "\x00", "_", "__", "-"} {
		encoded, err := encodeName(name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(encoded).To(MatchRegexp(`^[a-zA-Z0-9_-]+$`))
		g.Expect(seen).NotTo(HaveKey(encoded))
		seen[encoded] = name
	}
	_, err := encodeName(fmt.Sprintf("%0*d", maxName+1, 0))
	g.Expect(err).To(HaveOccurred())
}
