package timeline

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// A clock is a wall clock that a test can step.
type clock struct{ step time.Duration }

func (c *clock) line() *Timeline {
	return StartBy(func() int64 { return nanos(time.Now()) + int64(c.step) })
}

// 8: UnixNano is preserved exactly, wherever a time is sent.
func TestNanosIsTheInverseOfTime(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	other := Start()
	rng := rand.New(rand.NewPCG(1, 1))
	all := []int64{0, 1, -1, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1, int64(time.Hour), 1 << 62, line.Now()}
	for range 1000 {
		all = append(all, int64(rng.Uint64())>>rng.IntN(64))
	}
	for _, n := range all {
		at := line.Time(n)
		g.Expect(at.UnixNano()).To(Equal(n))
		g.Expect(line.Nanos(at)).To(Equal(n))
		g.Expect(other.Nanos(at)).To(Equal(n), "in another store")
		g.Expect(line.Nanos(at.UTC())).To(Equal(n), "in another zone")
		g.Expect(line.Nanos(time.Unix(at.Unix(), int64(at.Nanosecond())))).To(Equal(n), "from the wall clock")
		text, err := json.Marshal(at)
		g.Expect(err).NotTo(HaveOccurred())
		var back time.Time
		g.Expect(json.Unmarshal(text, &back)).To(Succeed())
		g.Expect(line.Nanos(back)).To(Equal(n), "through JSON")
	}
}

func TestNanosOfATimeOutOfRangeIsTheLimit(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	g.Expect(line.Nanos(time.Time{})).To(Equal(int64(math.MinInt64)))
	g.Expect(line.Nanos(time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC))).To(Equal(int64(math.MinInt64)))
	g.Expect(line.Nanos(time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC))).To(Equal(int64(math.MaxInt64)))
	g.Expect(line.Nanos(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))).To(Equal(int64(math.MaxInt64)))
	g.Expect(line.Nanos(time.Now().Add(math.MaxInt64))).To(Equal(int64(math.MaxInt64)))
}

// 7, 8: a store's time lies between two readings of the clock by its caller, and a
// caller's reading never gets a later position than it had.
func TestNowLiesBetweenTheCallersReadings(t *testing.T) {
	g := NewWithT(t)
	for range 100 {
		line := Start()
		opened := line.Opened()
		for range 100 {
			before := time.Now()
			now := line.Now()
			after := time.Now()
			g.Expect(now).To(And(BeNumerically(">=", before.UnixNano()), BeNumerically("<=", after.UnixNano())))
			g.Expect(line.Nanos(before)).To(And(BeNumerically(">=", opened), BeNumerically("<=", now)))
			g.Expect(line.Nanos(before.Round(0))).To(And(BeNumerically(">=", opened), BeNumerically("<=", now)))
		}
	}
}

// 30: the timeline follows the wall clock forward, and never backward.
func TestTimelineFollowsTheWallClockForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var c clock
		line := c.line()
		wall := func() int64 { return time.Now().UnixNano() + int64(c.step) }

		c.step = time.Hour // suspended for an hour
		g.Expect(line.Now()).To(Equal(wall()-int64(time.Hour)), "a read does not compare with the wall clock")
		g.Expect(line.Tick()).To(Equal(wall()-int64(time.Hour)), "a write compares once a second")
		time.Sleep(time.Second)
		g.Expect(line.Tick()).To(Equal(wall()))
		g.Expect(line.Now()).To(Equal(wall()), "after a write, reads see it")

		c.step += 2 * time.Hour
		g.Expect(line.Tick()).To(Equal(wall() - int64(2*time.Hour)))
		g.Expect(line.Catch()).To(Equal(wall()), "a sweep and a Merge always compare")

		before := line.Now()
		c.step = 0
		time.Sleep(time.Minute)
		g.Expect(line.Catch()).To(Equal(before+int64(time.Minute)), "a wall clock set back changes nothing")

		c.step = 3*time.Hour + time.Second
		g.Expect(line.Catch()).To(Equal(before+int64(time.Minute)), "a second ahead is not followed")
		c.step++
		g.Expect(line.Catch()).To(Equal(wall()), "more than a second ahead is followed")
	})
}

// 8: a time with a monotonic reading is taken at the earlier of its positions.
func TestNanosTakesTheEarlierPosition(t *testing.T) {
	g := NewWithT(t)
	var c clock
	line := c.line()
	old := time.Now() // before the suspend
	c.step = time.Hour
	now := line.Catch()
	g.Expect(line.Nanos(old)).To(Equal(old.UnixNano()), "not moved by the jump")
	g.Expect(line.Nanos(line.Time(now))).To(Equal(now))
}

func TestPromiseOnlyRaisesTheWatermark(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	for _, n := range []int64{5, 3, 9} {
		line.Promise(n)
	}
	g.Expect(line.Watermark()).To(Equal(int64(9)))
	line.Promise(math.MinInt64)
	g.Expect(line.Watermark()).To(Equal(int64(9)))
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

// 30: a wall clock set beyond the year 2200 is wrong and is not followed: it would leave
// no room for deadlines, or make the timeline wrap around.
func TestTimelineDoesNotFollowAWallClockBeyondItsRange(t *testing.T) {
	for name, beyond := range map[string]time.Time{
		"2200": time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
		"2262": time.Unix(0, math.MaxInt64),
		"9999": time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			wall := int64(0)
			line := StartBy(func() int64 { return wall })
			before := line.Now()
			wall = nanos(beyond)
			g.Expect(line.Catch()).To(Equal(before), name)
			time.Sleep(time.Second)
			g.Expect(line.Tick()).To(Equal(before+int64(time.Second)), name)
			wall = 0
			g.Expect(line.Catch()).To(Equal(before+int64(time.Second)), "set back")
			wall = latestWall - 1
			g.Expect(line.Catch()).To(Equal(wall), "the latest time that is followed")
		})
	}
}

// 23: a time merged ahead of the clock raises the watermark; Merged returns only merged
// times, not promised ones.
func TestRaiseKeepsTheLatestMergedTime(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	g.Expect(line.Merged()).To(Equal(int64(math.MinInt64)), "nothing was merged")
	line.Promise(7)
	g.Expect(line.Merged()).To(Equal(int64(math.MinInt64)), "Promise does not change Merged")
	for _, n := range []int64{5, 3, 9, 8} {
		line.Raise(n)
	}
	g.Expect(line.Merged()).To(Equal(int64(9)))
	g.Expect(line.Watermark()).To(Equal(int64(9)))
	line.Promise(11)
	line.Raise(10)
	g.Expect(line.Merged()).To(Equal(int64(10)))
	g.Expect(line.Watermark()).To(Equal(int64(11)))
}

func TestMergesIsThePositionOfTheFirstMerge(t *testing.T) {
	g := NewWithT(t)
	line := Start()
	g.Expect(line.Merges()).To(Equal(int64(math.MaxInt64)), "none yet: later than any deadline")
	line.BeginMerges(5)
	line.BeginMerges(9)
	line.BeginMerges(2) // concurrently with the first
	g.Expect(line.Merges()).To(Equal(int64(5)))
}
