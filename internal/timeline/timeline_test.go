package timeline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestNanosUndoesTime(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	rng := rand.New(rand.NewPCG(1, 1))
	all := []int64{0, 1, -1, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1, int64(time.Hour), 1 << 62}
	for range 1000 {
		all = append(all, int64(rng.Uint64())>>rng.IntN(64))
	}
	for _, n := range all {
		at := line.Time(n)
		g.Expect(line.Nanos(at)).To(Equal(n))
		g.Expect(line.Nanos(at.Round(0))).To(Equal(n), "without the monotonic reading")
		g.Expect(line.Nanos(at.UTC())).To(Equal(n), "elsewhere")
		g.Expect(line.Nanos(time.Unix(at.Unix(), int64(at.Nanosecond())))).To(Equal(n), "from the wall clock")
	}
}

func TestNanosOfADistantTimeIsTheLimit(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	g.Expect(line.Nanos(time.Time{})).To(Equal(int64(math.MinInt64)))
	g.Expect(line.Nanos(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))).To(Equal(int64(math.MaxInt64)))
}

func TestNowMovesForward(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	before := line.Now()
	at := line.Nanos(time.Now())
	after := line.Now()
	g.Expect(before).To(BeNumerically(">=", 0))
	g.Expect(at).To(And(BeNumerically(">=", before), BeNumerically("<=", after)))
}

func TestDeadlineThatOverflowsIsNever(t *testing.T) {
	g := NewWithT(t)
	for _, c := range []struct {
		now  int64
		ttl  time.Duration
		want int64
	}{
		{0, 1, 1},
		{100, 5, 105},
		{-100, 5, -95},
		{0, math.MaxInt64 - 1, math.MaxInt64 - 1},
		{1, math.MaxInt64 - 2, math.MaxInt64 - 1},
		{0, math.MaxInt64, Never},
		{1, math.MaxInt64, Never},
		{math.MaxInt64 - 1, 5, Never},
		{math.MaxInt64, math.MaxInt64, Never},
		{-10, math.MaxInt64, math.MaxInt64 - 10},
	} {
		g.Expect(Deadline(c.now, c.ttl)).To(Equal(c.want), "%d and %d", c.now, c.ttl)
	}
}
