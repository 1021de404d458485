package lastmodstore_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// 19, 27: a hook that calls runtime.Goexit prevents neither Close nor the other hook.
func TestHooksThatCallGoexitPreventNeitherCloseNorOtherHooks(t *testing.T) {
	for name, c := range map[string]struct {
		took              time.Duration
		ttl               time.Duration
		err               error
		failed, discarded int
	}{
		"error":       {0, 0, errors.New("broken"), 1, 0},
		"timeout":     {2 * time.Second, 0, errors.New("late"), 1, 0},
		"late value":  {2 * time.Second, 0, nil, 1, 1},
		"invalid TTL": {0, -5, nil, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				failed, discarded := 0, 0
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					time.Sleep(c.took)
					return 1, c.ttl, c.err
				}, lastmodstore.LoadTimeout(time.Second),
					lastmodstore.OnLoadError(func(string, error) { failed++; runtime.Goexit() }),
					lastmodstore.OnDiscard(func(string, int) { discarded++; runtime.Goexit() }))
				_, err := l.Get(patient, "a")
				g.Expect(err).To(HaveOccurred())
				time.Sleep(time.Minute)
				synctest.Wait()
				g.Expect([]int{failed, discarded}).To(Equal([]int{c.failed, c.discarded}))
				g.Expect(l.Close()).To(Succeed())
			})
		})
	}
}

// A panic with ErrNotModified confirms nothing: it is a failure and is reported.
func TestLoaderTreatsAPanicWithErrNotModifiedAsAFailure(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var failed []error
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
			panic(lastmodstore.ErrNotModified)
		}, lastmodstore.OnLoadError(func(_ string, err error) { failed = append(failed, err) }))
		g.Expect(s.Set("a", 1, time.Hour)).To(Succeed())
		before, _ := s.GetEntry("a")
		time.Sleep(time.Second)
		for _, key := range []string{"a", "absent"} {
			_, err := l.GetFresh(patient, key, time.Millisecond)
			var p *lastmodstore.PanicError
			g.Expect(errors.As(err, &p)).To(BeTrue(), "%v", err)
			synctest.Wait() // for the report, which may come after the result
		}
		g.Expect(failed).To(HaveLen(2))
		after, _ := s.GetEntry("a")
		g.Expect(after).To(Equal(before), "the present entry is unchanged")
	})
}
