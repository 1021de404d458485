package compare_test

import (
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/linear"
)

// 10, 14, 15, 20: every operation takes place at one instant, expiry included. To
// their callers Update, Add and GetAndDelete are single operations too.
func TestLinearizable(t *testing.T) {
	histories := 300
	if *long {
		histories = 10_000
	}
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			open := func(interval time.Duration) lastmodstore.Store[string, int] { return e.Strings(interval) }
			failed := 0
			for seed := range histories {
				if err := linear.Check(open, uint64(seed)); err != nil {
					t.Error(err)
					if failed++; failed == 3 {
						t.FailNow()
					}
				}
			}
			t.Logf("%d histories", histories)
		})
	}
}
