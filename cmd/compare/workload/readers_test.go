package workload

import (
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// slowWriter blocks its first writes.
type slowWriter struct {
	writes atomic.Int32
	slow   int32
	takes  time.Duration
}

func (s *slowWriter) Get(string) (int, bool) { return 0, true }

func (s *slowWriter) Set(string, int, time.Duration) error {
	if s.writes.Add(1) <= s.slow {
		<-time.After(s.takes)
	}
	return nil
}

func byMetric(samples []Sample) map[string]float64 {
	all := map[string]float64{}
	for _, s := range samples {
		all[s.Metric] = s.Value
	}
	return all
}

func TestReadersAndTheWriterAreApart(t *testing.T) {
	g := NewWithT(t)
	x := oneWriter{readers: 2, slice: 20 * time.Millisecond}
	got := byMetric(x.run(&slowWriter{slow: 1000, takes: 2 * time.Millisecond}))
	g.Expect(got["write"]).To(BeNumerically(">=", 2e6))
	g.Expect(got["write p99"]).To(BeNumerically(">=", 2000))
	g.Expect(got["write max"]).To(BeNumerically(">=", got["write p99"]))
	g.Expect(got["read"]).To(BeNumerically("<", got["write"]/2))
}

func TestAWriterAtAFixedRateIsNotFaster(t *testing.T) {
	g := NewWithT(t)
	s := &slowWriter{}
	oneWriter{readers: 2, rate: 100, slice: 50 * time.Millisecond}.run(s)
	g.Expect(s.writes.Load()).To(BeNumerically("<=", 6), "due at 0, 10, 20, 30, 40 and 50 ms")
}

// A stall is charged to every write that was due meanwhile. Their mean would
// otherwise be under a millisecond.
func TestAWriterAtAFixedRateOmitsNothing(t *testing.T) {
	g := NewWithT(t)
	x := oneWriter{readers: 1, rate: 1000, slice: 50 * time.Millisecond}
	got := byMetric(x.run(&slowWriter{slow: 1, takes: 30 * time.Millisecond}))
	g.Expect(got["write"]).To(BeNumerically(">=", 5e6))
}
