package compare

import (
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

// closing tests Close concurrently with each method: what is called after Close
// returned finds the store closed, what returned before Close was called finds it
// open, and all of it returns.
func closing(c *cases) {
	for _, name := range slices.Sorted(maps.Keys(verdicts)) {
		c.with(neededBy[name]...).add("19, 20, 21: Close concurrently with "+name, func(t *tester) {
			for round := range t.rounds(50, 3000) {
				s := t.engine.Strings([]time.Duration{0, 10 * time.Microsecond}[round%2])
				closeDuring(t, s, name, verdicts[name], round)
			}
		})
	}
}

// neededBy are the capabilities that methods stand for.
var neededBy = map[string][]Capability{
	"GetMany":              {Batches},
	"SetMany":              {Batches},
	"Stats":                {Counters},
	"Add":                  {Adding},
	"SetIfUnmodifiedSince": {Conditions}, "DeleteIfUnmodifiedSince": {Conditions}, "GetAndDelete": {Conditions}, "Update": {Conditions}, "DeleteFunc": {Conditions},
	"ModifiedSince":    {Changes},
	"Merge":            {Merging},
	"Watch":            {Feed},
	"Watch that waits": {Feed},
	"OnRemove":         {Listeners},
}

func closeDuring(t *tester, s stringStore, name string, call func(stringStore) verdict, round int) {
	s.Set("a", 1, 0)
	s.Set("b", 1, 0)
	var closing, isClosed atomic.Bool
	wg := t.workers()
	for range 3 {
		c := t.caller()
		wg.Go(func() {
			for range 40 {
				late := isClosed.Load()
				v := call(s)
				c.returned()
				early := !closing.Load() && name != "Close" && name != "Clear"
				switch {
				case late && v == open:
					t.Error("20: found open after Close returned")
				case early && v == closed:
					t.Error("21: found closed before Close was called")
				}
			}
		})
	}
	for range round % 50 {
		runtime.Gosched()
	}
	closing.Store(true)
	s.Close()
	isClosed.Store(true)
	wg.Wait()
}
