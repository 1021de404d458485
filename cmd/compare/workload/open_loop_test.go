package workload

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// stalling makes one call wait.
type stalling struct {
	calls int
	stall time.Duration
}

func (s *stalling) Get(string) (int, bool) {
	if s.calls++; s.calls == 100 {
		<-time.After(s.stall)
	}
	return 0, true
}

func (s *stalling) Set(string, int, time.Duration) error {
	s.Get("")
	return nil
}

// One stall is charged to every call that was due meanwhile, to reads and writes
// alike. A closed loop would have counted one slow call.
func TestNoCoordinatedOmission(t *testing.T) {
	g := NewWithT(t)
	l := openLoop{rate: 2000, window: 200 * time.Millisecond}
	got := byMetric(l.run(&stalling{stall: 100 * time.Millisecond}))
	for _, call := range []string{"read ", "write "} {
		g.Expect(got[call+"max"]).To(BeNumerically(">=", 80_000), call)
		g.Expect(got[call+"p99"]).To(BeNumerically(">=", 50_000), "half of the calls were due during the stall")
		g.Expect(got[call+"p50"]).To(BeNumerically("<=", got[call+"p99"]))
	}
}

// slowToWrite blocks each write for a millisecond, and the next call is not due
// before that.
type slowToWrite struct{}

func (slowToWrite) Get(string) (int, bool) { return 0, true }

func (slowToWrite) Set(string, int, time.Duration) error {
	<-time.After(time.Millisecond)
	return nil
}

// The latency of a read is not that of a write.
func TestReadsAndWritesAreApart(t *testing.T) {
	g := NewWithT(t)
	l := openLoop{rate: 100, window: time.Second}
	got := byMetric(l.run(slowToWrite{}))
	g.Expect(got["write p50"]).To(BeNumerically(">=", 1000))
	g.Expect(got["read p50"]).To(BeNumerically("<", got["write p50"]))
}

func TestReadsAreSpreadEvenly(t *testing.T) {
	g := NewWithT(t)
	for _, percent := range []int{0, 50, 90, 100} {
		for start := range 300 {
			reads := 0
			for i := range 100 {
				if isRead(start+i, percent) {
					reads++
				}
			}
			g.Expect(reads).To(Equal(percent))
		}
	}
}

func TestTracesRepeatWithTheirSeed(t *testing.T) {
	g := NewWithT(t)
	for _, dist := range []string{"uniform", "zipf"} {
		a := newTrace(dist, 1000, 1)
		g.Expect(newTrace(dist, 1000, 1)).To(Equal(a))
		g.Expect(newTrace(dist, 1000, 2)).NotTo(Equal(a))
		uses := make([]int, 1000)
		for _, k := range a {
			uses[k]++
		}
		most := 0
		for _, n := range uses {
			most = max(most, n)
		}
		if share := float64(most) / float64(len(a)); dist == "zipf" {
			g.Expect(share).To(BeNumerically(">", 0.1), "one key is hot")
		} else {
			g.Expect(share).To(BeNumerically("<", 0.002))
		}
	}
	scan := churnTrace("scan", 50_000, 1)
	g.Expect(scan).To(HaveLen(50_000 + 2*scanLen))
}
