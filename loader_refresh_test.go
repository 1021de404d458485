package lastmodstore_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestAReadShortlyBeforeTheDeadlineBeginsOneBackgroundLoad(t *testing.T) {
	reads := map[string]func(l *intLoader) (intEntry, error){
		"Get":      func(l *intLoader) (intEntry, error) { return l.Get(patient, "a") },
		"GetFresh": func(l *intLoader) (intEntry, error) { return l.GetFresh(patient, "a", time.Hour) },
		"GetMany": func(l *intLoader) (intEntry, error) {
			entries, err := l.GetMany(patient, []string{"a", "a"})
			return entries["a"], err
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				l := newIntLoader(t, s, countingSource(time.Second, time.Minute), lastmodstore.RefreshAhead(10*time.Second))
				g.Expect(loaded(g)(read(l))).To(Equal(1))
				time.Sleep(50*time.Second - 1)
				g.Expect(loaded(g)(read(l))).To(Equal(1))
				synctest.Wait()
				g.Expect(l.Stats().Refreshes).To(BeZero(), "the deadline is more than 10 s away")
				time.Sleep(time.Nanosecond)
				for n := range 20 {
					for range 5 {
						start := time.Now()
						g.Expect(loaded(g)(read(l))).To(Equal(n + 1))
						g.Expect(time.Since(start)).To(BeZero(), "no caller waits")
					}
					time.Sleep(time.Second)
					synctest.Wait()
					g.Expect(loaded(g)(read(l))).To(Equal(n+2), "after one load")
					time.Sleep(50 * time.Second)
				}
				g.Expect(l.Stats().Refreshes).To(BeEquivalentTo(20))
				time.Sleep(time.Hour)
				_, ok := s.Get("a")
				g.Expect(ok).To(BeFalse(), "nobody reads it: it expires")
			})
		})
	}
}

func TestAnEntryWithoutADeadlineIsNotRefreshed(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, countingSource(0, lastmodstore.NoExpiry), lastmodstore.RefreshAhead(time.Hour))
		for range 3 {
			g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(1))
			time.Sleep(24 * time.Hour)
		}
	})
}

func TestARefreshDoesNotOverwriteOrRestoreWhatWasChangedMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(s intStore, l *intLoader)
		kept      int // 0: absent
	}{
		"nothing":               {func(intStore, *intLoader) {}, 1},
		"set":                   {func(s intStore, _ *intLoader) { s.Set("a", 9, 0) }, 9},
		"deleted":               {func(s intStore, _ *intLoader) { s.Delete("a") }, 0},
		"deleted, then expired": {func(s intStore, _ *intLoader) { s.Delete("a"); time.Sleep(10 * time.Second) }, 0},
		"deleted and set":       {func(s intStore, _ *intLoader) { s.Delete("a"); s.Set("a", 9, 0) }, 9},
		"cleared":               {func(s intStore, _ *intLoader) { s.Clear() }, 0},
		"invalidated":           {func(_ intStore, l *intLoader) { l.Invalidate("a") }, 0},
		"expired":               {func(intStore, *intLoader) { time.Sleep(10 * time.Second) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
				discarded := 0
				release := make(chan struct{})
				l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
					<-release
					return 1, time.Minute, nil
				}, lastmodstore.RefreshAhead(10*time.Second), lastmodstore.OnDiscard(func(string, int) { discarded++ }))
				s.Set("a", 100, 5*time.Second)
				g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(100))
				synctest.Wait()
				c.meanwhile(s, l)
				close(release)
				synctest.Wait()
				kept, _ := s.Get("a")
				g.Expect(kept).To(Equal(c.kept))
				g.Expect(discarded == 0).To(Equal(name == "nothing"))
			})
		})
	}
}

// The deletion comes between the read and the beginning of the load, which may also be long
// after it if the machine is busy.
func TestARefreshThatFindsItsEntryGoneDoesNotCallTheSource(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		g.Expect(s.Set("a", 100, 5*time.Second)).To(Succeed())
		l := newIntLoader(t, deletedOnRead{s}, countingSource(0, 0), lastmodstore.RefreshAhead(10*time.Second))
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(100))
		synctest.Wait()
		g.Expect(s.Len()).To(BeZero())
		g.Expect(l.Stats()).To(Equal(lastmodstore.LoaderStats{Refreshes: 1}))
	})
}

// deletedOnRead is a store whose entries are deleted once they have been read.
type deletedOnRead struct{ intStore }

func (d deletedOnRead) GetEntry(key string) (intEntry, bool) {
	defer d.Delete(key)
	return d.intStore.GetEntry(key)
}

func TestACallerThatFindsTheEntryExpiredWaitsForItsRefresh(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		l := newIntLoader(t, s, countingSource(10*time.Second, time.Minute), lastmodstore.RefreshAhead(time.Minute))
		s.Set("a", 100, 5*time.Second)
		l.Get(patient, "a")
		time.Sleep(6 * time.Second)
		e, err := l.Get(patient, "a")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e).To(Equal(intEntry{Value: 1}), "the value, not stored")
		g.Expect(l.Stats().Calls).To(BeEquivalentTo(1))
		g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(2))
		stored, _ := s.Get("a")
		g.Expect(stored).To(Equal(2))
	})
}

func TestAFailedRefreshLeavesTheEntryAndWaitsForRetryAfter(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		broken := errors.New("broken")
		l := newIntLoader(t, s, func(context.Context, string, intEntry, bool) (int, time.Duration, error) { return 0, 0, broken },
			lastmodstore.RefreshAhead(time.Minute), lastmodstore.RetryAfter(20*time.Second))
		s.Set("a", 100, time.Minute)
		for range 60 {
			g.Expect(loaded(g)(l.Get(patient, "a"))).To(Equal(100))
			synctest.Wait()
			time.Sleep(time.Second)
		}
		g.Expect(l.Stats().Failures).To(BeEquivalentTo(3))
		_, err := l.Get(patient, "a")
		g.Expect(err).To(Equal(broken))
	})
}

// A refresh may keep the entry, whose deadline it sets.
func TestARefreshOfWhatIsNotModifiedSetsTheDeadline(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &versionedSource{version: 1, ttl: time.Minute}
		l := newIntLoader(t, s, src.load, lastmodstore.RefreshAhead(10*time.Second))
		first, _ := l.Get(patient, "a")
		for range 10 {
			time.Sleep(55 * time.Second)
			l.Get(patient, "a")
			synctest.Wait()
			e, ok := s.GetEntry("a")
			g.Expect(ok).To(BeTrue())
			g.Expect(e.LastModified).To(Equal(first.LastModified))
			g.Expect(time.Until(e.ExpiresAt)).To(Equal(time.Minute))
		}
	})
}

func TestGetManyRefreshesAllDueKeysByOneCall(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		src := &bulkSource{latency: time.Second, unknown: []string{"unknown"}, special: map[string]loadedInt{
			"same": {TTL: time.Hour, Err: lastmodstore.ErrNotModified}}}
		l := newIntLoader(t, s, loadNone, lastmodstore.LoadMany(src.load), lastmodstore.RefreshAhead(10*time.Second))
		for _, key := range []string{"a", "bb", "deleted", "same", "unknown"} {
			s.Set(key, 100, 10*time.Second)
		}
		s.Set("later", 100, time.Minute)
		keys := []string{"a", "later", "bb", "a", "deleted", "same", "unknown"}
		for range 3 {
			got := valuesOf(g)(l.GetMany(patient, keys))
			g.Expect(got).To(HaveLen(6))
			g.Expect(got).To(HaveEach(100))
		}
		synctest.Wait()
		s.Delete("deleted")
		time.Sleep(time.Second)
		synctest.Wait()
		g.Expect(src.calls).To(Equal([][]string{{"a", "bb", "deleted", "same", "unknown"}}))
		g.Expect(l.Stats().Refreshes).To(BeEquivalentTo(5))
		time.Sleep(20 * time.Second)
		got := s.GetMany(keys)
		g.Expect(got).To(HaveLen(4), "what was deleted, or is no longer in the source, stays absent")
		g.Expect(got["bb"].Value).To(Equal(2))
		g.Expect(got["same"].Value).To(Equal(100))
	})
}

func TestRefreshesAreBoundedAndEndAtClose(t *testing.T) {
	eachLoaderStore(t, func(t *testing.T, g Gomega, s intStore) {
		var mu sync.Mutex
		running, most, canceled := 0, 0, 0
		l := newIntLoader(t, s, func(ctx context.Context, _ string, _ intEntry, _ bool) (int, time.Duration, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() { mu.Lock(); running--; mu.Unlock() }()
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				mu.Lock()
				canceled++
				mu.Unlock()
			}
			return 1, time.Minute, ctx.Err()
		}, lastmodstore.RefreshAhead(10*time.Second),
			lastmodstore.OnLoadError(func(_ string, err error) { t.Error(err) }))
		for i := range 200 {
			s.Set(strconv.Itoa(i), 100, 10*time.Second)
		}
		readAll := func() {
			for i := range 200 {
				g.Expect(loaded(g)(l.Get(patient, strconv.Itoa(i)))).To(BeNumerically(">", 0))
			}
			synctest.Wait()
		}
		for range 4 { // 64, 64, 64 and 8
			readAll()
			time.Sleep(time.Second + time.Millisecond)
		}
		synctest.Wait()
		g.Expect(most).To(Equal(64))
		g.Expect(l.Stats().Refreshes).To(BeEquivalentTo(200))
		time.Sleep(50 * time.Second)
		readAll()
		start := time.Now()
		g.Expect(l.Close()).To(Succeed())
		g.Expect(time.Since(start)).To(BeZero())
		g.Expect(canceled).To(Equal(64))
		g.Expect(running).To(BeZero())
		readAll()
		g.Expect(l.Stats().Refreshes).To(BeEquivalentTo(264), "a closed Loader refreshes nothing")
	})
}
