package compare

import (
	"strconv"
	"time"
)

// sweeps tests that a sweep gives way.
func sweeps(c *cases) {
	c.on(unsharded).add("4: a caller concurrent with a sweep does not fall behind", readsDuringSweep)
}

// readsDuringSweep counts reads. A sweep that took the lock, or the owner, again as
// soon as it had let go would leave others about one call between two of its steps.
func readsDuringSweep(t *tester) {
	const entries, stepsAtMost = 100_000, 100_000 / 128
	reads := countReads(t, t.caller(), entries)
	t.Logf("%d reads during %d steps", reads, stepsAtMost)
	if reads < 3*stepsAtMost { // without rests about one per step
		t.Errorf("4: %d reads during %d steps of a sweep", reads, stepsAtMost)
	}
}

// countReads returns how often one caller reads while a Cleanup removes so many
// entries.
func countReads(t *tester, c *caller, entries int) (reads int) {
	s := t.engine.Strings(0)
	defer s.Close()
	deadline := time.Now().Add(time.Second)
	for i := range entries {
		s.Set(strconv.Itoa(i), i, time.Until(deadline))
		c.returned()
	}
	<-time.After(time.Until(deadline))
	swept := make(chan struct{})
	begun := make(chan struct{})
	t.Go(func() {
		defer close(swept)
		close(begun)
		s.Cleanup()
	})
	<-begun
	for {
		select {
		case <-swept:
			return reads
		default:
			s.Get("0")
			c.returned()
			reads++
		}
	}
}
