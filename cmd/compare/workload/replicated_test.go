package workload

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func TestMain(m *testing.M) {
	servertest.Main()
	os.Exit(m.Run())
}

// What starts servers is measured only if it is named.
func TestReplicatedIsMeasuredOnRequest(t *testing.T) {
	g := NewWithT(t)
	all, err := Choose(nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(all).To(HaveLen(len(All()) - 1))
	for _, w := range all {
		g.Expect(w.Name).NotTo(Equal(Replicated))
	}
	one, err := Choose([]string{Replicated})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(one).To(HaveLen(1))
}

func TestBaselinesOfReplicatedTakePart(t *testing.T) {
	g := NewWithT(t)
	for _, c := range replicatedCells(Plan{}) {
		var names []string
		for _, own := range c.Own {
			g.Expect(OwnOf(own.Implementation)).To(Equal(Replicated))
			names = append(names, own.Name)
		}
		g.Expect(names).To(ContainElements(c.Baseline, "replicated", "NATS KV"), c.Name())
	}
}

// Bare messages are as many as the writes of many callers, and servers end with the
// last trial that uses them.
func TestServersAreSharedAndEnd(t *testing.T) {
	g := NewWithT(t)
	s := &servers{log: logKind{"R1-memory", 1, jetstream.MemoryStorage, false}}
	var trials []Trial
	for _, x := range parties {
		if x.Name != "replicated" && x.Name != "publish" {
			continue
		}
		trial, err := remoteTrial(x, s, "Set", &closedLoop{callers: 8, slice: time.Millisecond})
		g.Expect(err).NotTo(HaveOccurred())
		trials = append(trials, trial)
	}
	g.Expect(trials).To(HaveLen(2))
	for _, x := range trials {
		samples := x.Run()
		g.Expect(x.Check()).To(Succeed())
		g.Expect(samples).To(HaveLen(1))
		g.Expect(samples[0].Value).To(BeNumerically(">", 0))
	}
	dir := s.d.Dir
	trials[0].Close()
	g.Expect(dir).To(BeADirectory())
	trials[1].Close()
	g.Expect(dir).NotTo(BeAnExistingFile())
}

func TestWhatIsNotInstalledIsLeftOutOfReplicated(t *testing.T) {
	g := NewWithT(t)
	for err, want := range map[error]error{
		fmt.Errorf("etcd %w", external.ErrMissing): implementation.Lack("etcd is not installed"),
		os.ErrPermission: os.ErrPermission,
	} {
		x := party{open: func(*servers) (opened, error) { return opened{}, err }}
		_, got := remoteTrial(x, nil, "Set", &closedLoop{callers: 1})
		g.Expect(got).To(Equal(want))
	}
}

// A call that fails makes the result wrong; what was opened is closed.
func TestAFailedCallIsReported(t *testing.T) {
	g := NewWithT(t)
	broken, closed := errors.New("it broke"), 0
	fails := func(int) error { return broken }
	o := opened{get: fails, set: fails, close: func() error { closed++; return nil }}
	x := party{open: func(*servers) (opened, error) { return o, nil }}
	trial, err := remoteTrial(x, nil, "Set", &closedLoop{callers: 2, slice: time.Nanosecond})
	g.Expect(err).NotTo(HaveOccurred())
	trial.Run()
	g.Expect(trial.Check()).To(MatchError(broken))
	trial.Close()
	g.Expect(closed).To(Equal(1))
	_, err = remoteTrial(x, nil, "Get", &closedLoop{callers: 1})
	g.Expect(err).To(MatchError(broken), "the keys cannot be written")
	g.Expect(closed).To(Equal(2))
}
