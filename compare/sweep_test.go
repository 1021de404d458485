package compare_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/compare"
)

// 4: who calls beside a sweep does not fall behind. A sweep that took the lock,
// or the owner, anew as soon as it had let go would leave others one turn
// between two of its steps.
func TestReadsBesideSweep(t *testing.T) {
	for _, e := range compare.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) {
				const entries, stepsAtMost = 100_000, 100_000 / 128
				reads := readsBesideSweep(e, p.Caller(), entries)
				t.Logf("%d reads beside %d steps", reads, stepsAtMost)
				if reads < 3*stepsAtMost { // without rests about one for each
					t.Errorf("4: %d reads beside %d steps of a sweep", reads, stepsAtMost)
				}
			})
		})
	}
}

// readsBesideSweep is how often one caller reads while a Cleanup removes so many.
func readsBesideSweep(e compare.Engine, c *compare.Caller, entries int) (reads int) {
	s := e.Strings(0)
	defer s.Close()
	deadline := time.Now().Add(time.Second)
	for i := range entries {
		s.Set(strconv.Itoa(i), i, time.Until(deadline))
		c.Returned()
	}
	<-time.After(time.Until(deadline))
	swept := make(chan struct{})
	begun := make(chan struct{})
	go func() {
		defer close(swept)
		close(begun)
		s.Cleanup()
	}()
	<-begun
	for {
		select {
		case <-swept:
			return reads
		default:
			s.Get("0")
			c.Returned()
			reads++
		}
	}
}
