package timeline

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// The time of a write is that of the log, whatever the clock shows.
func TestWritesOfAReplayedTimelineHappenAtTheLogTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opened := time.Now().UnixNano() - int64(time.Hour)
		line := StartReplayed(opened)
		g.Expect(line.Opened()).To(Equal(opened))
		g.Expect(line.Tick()).To(Equal(opened), "nothing was written yet")
		for _, at := range []int64{opened, opened + 1, opened + 2000, opened + int64(2*time.Hour)} {
			line.Advance(at)
			time.Sleep(3 * time.Second)
			g.Expect(line.Tick()).To(Equal(at))
			g.Expect(line.Catch()).To(Equal(at))
		}
		line.Advance(opened)
		g.Expect(line.Tick()).To(Equal(opened+int64(2*time.Hour)), "the log time never moves backward")
	})
}

// A read sees what has expired by the local clock or the log, whichever is later.
func TestNowOfAReplayedTimelineIsTheLaterOfClockAndLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		line := StartReplayed(0)
		wall := func() int64 { return time.Now().UnixNano() }
		g.Expect(line.Now()).To(Equal(wall()), "the log is behind the clock")
		ahead := wall() + int64(time.Minute)
		line.Advance(ahead)
		g.Expect(line.Now()).To(Equal(ahead), "the log is ahead")
		time.Sleep(30 * time.Second)
		g.Expect(line.Now()).To(Equal(ahead), "the clock has not caught up")
		time.Sleep(31 * time.Second)
		g.Expect(line.Now()).To(Equal(wall()))
	})
}

// 30: after the machine was suspended, Now follows the wall clock, but writes do not.
func TestAReplayedTimelineFollowsTheWallClockForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var c clock
		compared := 0
		wall := func() int64 { return time.Now().UnixNano() + int64(c.step) }
		line := StartReplayedBy(0, func() int64 {
			compared++
			return wall()
		})
		c.step = time.Hour
		line.Advance(1)
		g.Expect(line.Now()).To(Equal(wall()-int64(time.Hour)), "it compares once a second")
		g.Expect(compared).To(BeZero())

		time.Sleep(time.Second)
		for n := range int64(100) {
			line.Advance(2 + n)
			g.Expect(line.Tick()).To(Equal(2 + n))
			g.Expect(line.Now()).To(Equal(wall()))
		}
		g.Expect(compared).To(Equal(1))
		g.Expect(line.Tick()).To(BeEquivalentTo(101))

		now := line.Now()
		c.step = 0
		time.Sleep(time.Second)
		line.Advance(102)
		g.Expect(line.Now()).To(Equal(now+int64(time.Second)), "a wall clock set back changes nothing")
		g.Expect(compared).To(Equal(2))
	})
}

// The clock is compared with the wall clock also while the log time is ahead of both.
func TestAReplayedTimelineFollowsTheWallClockBehindTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var c clock
		line := StartReplayedBy(0, func() int64 { return time.Now().UnixNano() + int64(c.step) })
		ahead := time.Now().Add(2 * time.Hour).UnixNano()
		line.Advance(ahead)
		c.step = time.Hour
		time.Sleep(time.Second)
		line.Advance(ahead)
		g.Expect(line.Now()).To(Equal(ahead))
		time.Sleep(time.Hour)
		g.Expect(line.Now()).To(BeNumerically(">", ahead), "the clock was behind by an hour less")
	})
}

// What readers do must not change the times of later modifications.
func TestAReplayedTimelineHasNoWatermark(t *testing.T) {
	g := NewWithT(t)
	line := StartReplayed(5)
	line.Promise(9)
	line.Raise(11)
	g.Expect(line.Watermark()).To(Equal(int64(math.MinInt64)))
	g.Expect(line.Claim(3)).To(BeTrue())
}

func TestRestoreMergesReplacesThePosition(t *testing.T) {
	g := NewWithT(t)
	line := StartReplayed(5)
	line.BeginMerges(7)
	line.RestoreMerges(9)
	g.Expect(line.Merges()).To(BeEquivalentTo(9))
	line.RestoreMerges(math.MaxInt64)
	line.BeginMerges(12)
	g.Expect(line.Merges()).To(BeEquivalentTo(12))
}

// 8: positions do not depend on when the local clock was started.
func TestNanosOnAReplayedTimelineIsTheWallClocks(t *testing.T) {
	g := NewWithT(t)
	line := StartReplayed(int64(time.Hour))
	for _, n := range []int64{0, 5, math.MaxInt64, math.MinInt64, int64(time.Hour) - 1} {
		g.Expect(line.Nanos(line.Time(n))).To(Equal(n))
	}
}

// A clock that is found to be an hour ahead is corrected, and not followed again.
func TestACorrectedClockIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		step := time.Duration(0)
		now := func() int64 { return time.Now().UnixNano() }
		line := StartReplayedBy(0, func() int64 { return now() + int64(step) })
		step = time.Hour
		time.Sleep(2 * time.Second)
		line.Advance(1)
		g.Expect(line.Now()).To(Equal(now() + int64(time.Hour)))
		line.Correct(int64(time.Hour))
		g.Expect(line.Now()).To(Equal(now()))
		time.Sleep(2 * time.Second)
		line.Advance(2)
		g.Expect(line.Now()).To(Equal(now()), "it follows the corrected clock")
		step = 0
		line.Correct(0)
		g.Expect(line.Now()).To(Equal(now()), "the clock was set right")
	})
}

// A time from the log is the same position whatever this machine's clock shows.
func TestACorrectionChangesNoPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		line := StartReplayed(0)
		at := time.Now().Add(time.Minute).UnixNano()
		for _, ahead := range []time.Duration{0, time.Hour, -time.Hour} {
			line.Correct(int64(ahead))
			g.Expect(line.Nanos(time.Unix(0, at))).To(Equal(at))
		}
	})
}
