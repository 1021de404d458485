package lastmodstore_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// growing is a MaxWeight that refuses values above 9.
var growing = lastmodstore.MaxWeight(9, func(_ string, value int) int { return value })

// A value that has become too heavy is refused however often it is loaded. The entry stays,
// so RetryAfter applies to loads that nobody waits for.
func TestABackgroundLoadWhoseValueIsRefusedWaitsForRetryAfter(t *testing.T) {
	reads := map[string]func(l *intLoader) (intEntry, error){
		"RefreshAhead": func(l *intLoader) (intEntry, error) { return l.Get(patient, "a") },
		"ServeStale":   func(l *intLoader) (intEntry, error) { return l.GetFresh(patient, "a", time.Second) },
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var loads, discarded atomic.Int32
				option := lastmodstore.ServeStale()
				if name == "RefreshAhead" {
					option = lastmodstore.RefreshAhead(time.Hour)
				}
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					loads.Add(1)
					return 100, time.Hour, nil
				}, option, lastmodstore.RetryAfter(20*time.Second),
					lastmodstore.OnDiscard(func(string, int) { discarded.Add(1) }))
				g.Expect(s.Set("a", 7, time.Hour)).To(Succeed())
				time.Sleep(2 * time.Second)
				for range 60 {
					g.Expect(loaded(g)(read(l))).To(Equal(7))
					time.Sleep(time.Second)
					synctest.Wait()
				}
				g.Expect([]int32{loads.Load(), discarded.Load()}).To(HaveEach(int32(3)))

				e, err := l.GetMany(patient, []string{"a", "absent"})
				g.Expect(errors.Is(err, lastmodstore.ErrFull)).To(BeTrue())
				g.Expect(e["absent"]).To(Equal(intEntry{Value: 100}))
				synctest.Wait()
				before := loads.Load()
				s.Delete("a")
				for n := range int32(3) {
					e, err := l.Get(patient, "a")
					g.Expect(err).To(Equal(lastmodstore.ErrFull))
					g.Expect(e).To(Equal(intEntry{Value: 100}), "a caller that waits receives the value")
					g.Expect(loads.Load()).To(Equal(before + n + 1))
				}
				g.Expect(s.Set("a", 7, time.Hour)).To(Succeed())
				l.Invalidate("a")
				g.Expect(s.Set("a", 7, time.Hour)).To(Succeed())
				time.Sleep(2 * time.Second)
				before = loads.Load()
				read(l)
				synctest.Wait()
				g.Expect(loads.Load()).To(Equal(before+1), "Invalidate forgets the refusal")
			}, growing)
		})
	}
}
