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
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// fragile returns a MaxWeight whose weigher calls fail for the value 13, after a second.
func fragile(fail func()) lastmodstore.Option {
	return lastmodstore.MaxWeight(1000, func(_ string, value int) int {
		if value == 13 {
			time.Sleep(time.Second)
			fail()
		}
		return 1
	})
}

// 17: a weigher that panics does so in the caller of the store, which is the Loader.
func TestAPanicOfTheWeigherFailsTheLoad(t *testing.T) {
	broken := errors.New("broken")
	for name, fail := range map[string]func(){
		"panic":  func() { panic(broken) },
		"goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var discarded []int
				var failed []error
				loads := 0
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					loads++
					return 13, time.Minute, nil
				}, lastmodstore.RetryAfter(30*time.Second), lastmodstore.RefreshAhead(10*time.Second),
					lastmodstore.OnDiscard(func(_ string, v int) { discarded = append(discarded, v) }),
					lastmodstore.OnLoadError(func(_ string, err error) { failed = append(failed, err) }))
				expectFailed := func(n int, err error) {
					synctest.Wait() // for the hooks
					g.Expect(err).To(HaveOccurred())
					var p *lastmodstore.PanicError
					g.Expect(errors.As(err, &p)).To(Equal(name == "panic"))
					g.Expect(errors.Is(err, broken)).To(Equal(name == "panic"))
					g.Expect(loads).To(Equal(n))
					g.Expect(discarded).To(And(HaveLen(n), HaveEach(13)))
					g.Expect(failed).To(HaveLen(n))
				}
				for range 3 {
					e, err := l.Get(patient, "a")
					g.Expect(e).To(BeZero())
					expectFailed(1, err)
				}
				time.Sleep(30 * time.Second)
				time.AfterFunc(time.Second/2, func() { l.Invalidate("a") }) // which waits for the write
				_, err := l.Get(patient, "a")
				expectFailed(2, err)

				g.Expect(s.Set("a", 1, 5*time.Second)).To(Succeed())
				_, err = l.GetFresh(patient, "a", 0)
				expectFailed(3, err)
				l.Invalidate("a")
				g.Expect(s.Set("a", 1, 5*time.Second)).To(Succeed())
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1))
				time.Sleep(2 * time.Second)
				synctest.Wait()
				expectFailed(4, failed[len(failed)-1])
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1), "a failed refresh leaves the entry")
				g.Expect(l.Stats().Failures).To(BeEquivalentTo(4))
			}, fragile(fail))
		})
	}
}

func TestAPanicOfTheWeigherLeavesTheOtherKeysOfTheCall(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{special: map[string]loadedInt{"bad": {Value: 13}}}
		var discarded []int
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load),
			lastmodstore.OnDiscard(func(_ string, v int) { discarded = append(discarded, v) }))
		entries, err := l.GetMany(patient, []string{"a", "bad", "bb"})
		var p *lastmodstore.PanicError
		g.Expect(err.(lastmodstore.LoadErrors[string])).To(HaveLen(1))
		g.Expect(errors.As(err.(lastmodstore.LoadErrors[string])["bad"], &p)).To(BeTrue())
		g.Expect(entries).To(HaveLen(2))
		g.Expect(s.GetMany([]string{"a", "bad", "bb"})).To(HaveLen(2))
		synctest.Wait()
		g.Expect(discarded).To(Equal([]int{13}))
	}, fragile(func() { panic("broken") }))
}

// The values of a call whose goroutine has ended are discarded, each once.
func TestAGoexitOfTheWeigherLosesNoValueOfTheCall(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{special: map[string]loadedInt{"bad": {Value: 13}}}
		discarded := 0
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load),
			lastmodstore.OnDiscard(func(string, int) { discarded++ }))
		entries, err := l.GetMany(patient, []string{"a", "bad", "bb"})
		kept := len(entries)
		g.Expect(err.(lastmodstore.LoadErrors[string])).To(HaveLen(3 - kept))
		g.Expect(err.(lastmodstore.LoadErrors[string])).To(HaveKey("bad"))
		g.Expect(s.Len()).To(Equal(kept))
		synctest.Wait()
		g.Expect(discarded).To(Equal(3 - kept))
	}, fragile(runtime.Goexit))
}

// brittle is a store whose Touch and DeleteIfUnmodifiedSince panic.
type brittle struct{ intStore }

func (brittle) Touch(string, time.Duration) (bool, error) { panic("touched") }

func (brittle) DeleteIfUnmodifiedSince(string, time.Time) (bool, error) { panic("deleted") }

func TestAPanicOfTheStoreFailsTheConfirmationOrDeletion(t *testing.T) {
	for want, returned := range map[string]error{
		"touched": lastmodstore.ErrNotModified,
		"deleted": lastmodstore.ErrNotFound,
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				s := mutexstore.New[string, int](0)
				defer s.Close()
				g.Expect(s.Set("a", 1, 0)).To(Succeed())
				time.Sleep(time.Second)
				discarded := 0
				l := newIntLoader(t, brittle{s}, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					return 0, time.Minute, returned
				}, lastmodstore.OnDiscard(func(string, int) { discarded++ }))
				e, err := l.GetFresh(patient, "a", 0)
				var p *lastmodstore.PanicError
				g.Expect(errors.As(err, &p)).To(BeTrue(), "%v", err)
				g.Expect(p.Value).To(Equal(want))
				g.Expect(e).To(BeZero())
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1))
				g.Expect(l.Invalidate("a")).To(BeTrue())
				g.Expect(discarded).To(BeZero(), "the source returned no value")
			})
		})
	}
}
