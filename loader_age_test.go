package lastmodstore_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// A versionedSource returns ErrNotModified if the present entry has its version. It
// counts its loads.
type versionedSource struct {
	version, loads int
	ttl, latency   time.Duration
}

func (v *versionedSource) load(_ context.Context, _ string, present intEntry, ok bool) (int, time.Duration, error) {
	v.loads++
	version := v.version
	time.Sleep(v.latency)
	if ok && present.Value == version {
		return 0, v.ttl, fmt.Errorf("304: %w", lastmodstore.ErrNotModified)
	}
	return version, v.ttl, nil
}

// 27: keeping a value reports nothing.
func TestLoaderKeepsTheEntryThatIsNotModified(t *testing.T) {
	for _, ttl := range []time.Duration{lastmodstore.NoExpiry, lastmodstore.KeepTTL, time.Hour, 1<<63 - 1} {
		t.Run(ttl.String(), func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				var removed []string
				defer s.OnRemove(func(key string, e intEntry, why lastmodstore.EventKind) {
					removed = append(removed, fmt.Sprint(key, e.Value, why))
				})()
				src := &versionedSource{version: 1, ttl: ttl}
				l := newIntLoader(t, s, src.load)
				first, err := l.Get(patient, "a")
				g.Expect(err).NotTo(HaveOccurred())
				for range 5 {
					for range 3 {
						time.Sleep(20 * time.Second)
						e, err := l.GetFresh(patient, "a", time.Minute)
						g.Expect(err).NotTo(HaveOccurred())
						g.Expect(e.LastModified).To(Equal(first.LastModified), "nothing was modified")
					}
					time.Sleep(time.Second)
				}
				g.Expect(src.loads).To(Equal(5), "one load at first, and one whenever the last is over a minute old")
				src.version = 2
				time.Sleep(2 * time.Minute)
				g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Minute))).To(Equal(2))
				synctest.Wait()
				g.Expect(removed).To(Equal([]string{"a1 Replaced"}))
			})
		})
	}
}

func TestLoaderSetsTheDeadlineOfTheEntryThatIsNotModified(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &versionedSource{version: 1, ttl: time.Hour}
		l := newIntLoader(t, s, src.load)
		l.Get(patient, "a")
		for range 3 {
			time.Sleep(50 * time.Minute)
			e, err := l.GetFresh(patient, "a", time.Minute)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(time.Until(e.ExpiresAt)).To(Equal(time.Hour))
		}
	})
}

func TestLoaderDoesNotRestoreAnEntryThatWasRemovedDuringItsConfirmation(t *testing.T) {
	for name, remove := range map[string]func(s intStore, l *intLoader){
		"deleted":     func(s intStore, _ *intLoader) { s.Delete("a") },
		"expired":     func(s intStore, _ *intLoader) { s.Touch("a", time.Millisecond) },
		"invalidated": func(_ intStore, l *intLoader) { l.Invalidate("a") },
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				src := &versionedSource{version: 1, ttl: time.Hour, latency: time.Second}
				l := newIntLoader(t, s, src.load)
				first, err := l.Get(patient, "a")
				g.Expect(err).NotTo(HaveOccurred())
				time.Sleep(time.Minute)
				time.AfterFunc(500*time.Millisecond, func() { remove(s, l) })
				e, err := l.GetFresh(patient, "a", 0)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(src.loads).To(Equal(3), "a third load, for a new value: the old one may have been released")
				g.Expect(e.LastModified).NotTo(Equal(first.LastModified))
			})
		})
	}
}

func TestErrNotModifiedWithoutAPresentEntryIsReturned(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
			return 0, 0, lastmodstore.ErrNotModified
		})
		_, err := l.Get(patient, "a")
		g.Expect(err).To(Equal(lastmodstore.ErrNotModified))
	})
}

func TestLoaderIgnoresImplausibleDeadlines(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		s.Set("clock", 0, 0)
		old := time.Now()
		time.Sleep(time.Hour)
		for name, c := range map[string]struct{ ttl, left time.Duration }{
			"no TTL":            {0, 30 * time.Second},
			"set in the future": {time.Minute, time.Hour},
		} {
			l := newIntLoader(t, s, countingSource(0, 0))
			s.Merge(name, intEntry{Value: 9, LastModified: old, TTL: c.ttl, ExpiresAt: time.Now().Add(c.left)})
			g.Expect(loaded(g)(l.GetFresh(patient, name, time.Minute))).To(Equal(1), name)
		}
	})
}

func TestAConfirmationIsValidForOneVersionOnly(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &versionedSource{version: 1}
		l := newIntLoader(t, s, src.load)
		old := time.Now().Add(-time.Hour)
		l.Get(patient, "a")
		time.Sleep(time.Minute)
		g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Second))).To(Equal(1), "confirmed")
		s.Delete("a")
		s.Merge("a", intEntry{Value: 9, LastModified: old})
		g.Expect(loaded(g)(l.GetFresh(patient, "a", time.Minute))).To(Equal(1), "the merged entry is another version")
	})
}

func TestLoaderForgetsConfirmationsOfRemovedEntries(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &versionedSource{version: 1}
		l := newIntLoader(t, s, src.load)
		for i := range 1000 {
			key := strconv.Itoa(i)
			l.Get(patient, key)
			time.Sleep(time.Second)
			l.GetFresh(patient, key, 0)
			s.Delete(key)
			_, _, confirmations, _ := l.Held()
			g.Expect(confirmations).To(BeNumerically("<=", 100))
		}

	})
}
