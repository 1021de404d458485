package lastmodstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// 28: Load restores what Save wrote, entry for entry.
func TestSnapshotKeepsValuesAndTimes(t *testing.T) {
	for _, codec := range codecs {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			from, to := actor.New[string, []int](0), mutexstore.New[string, []int](0)
			defer from.Close()
			defer to.Close()
			for i := range 1000 {
				from.Set(fmt.Sprint(i), []int{i}, time.Duration(i%3)*time.Hour)
			}
			from.Set("short", nil, time.Minute)
			var b bytes.Buffer
			g.Expect(lastmodstore.Save(&b, from, codec)).To(Succeed())
			time.Sleep(time.Minute)
			to.Set("7", []int{-7}, 0) // newer than the snapshot, so it stays
			g.Expect(lastmodstore.Load(&b, to, codec)).To(Equal(999))
			from.Set("7", []int{-7}, 0)
			want, got := contents(from), contents(to)
			delete(want, "7")
			delete(got, "7")
			g.Expect(got).To(Equal(want))
			seven, _ := to.Get("7")
			g.Expect(seven).To(Equal([]int{-7}))
		})
	}
}

// 8: a time denotes the same instant after a snapshot, in any zone. (The offset of
// Africa/Monrovia included seconds until 1972.)
func TestSnapshotKeepsInstantsOfAnyZone(t *testing.T) {
	g := NewWithT(t)
	odd := time.FixedZone("odd", -(44*60 + 30))
	for _, at := range []time.Time{time.Unix(1000, 7).In(odd), time.Unix(-1, 999_999_999), time.Now().In(odd)} {
		for _, codec := range codecs {
			s := mutexstore.New[string, int](0)
			g.Expect(s.Merge("a", intEntry{Value: 1, LastModified: at})).To(BeTrue())
			g.Expect(s.Merge("b", intEntry{2, at, time.Hour, time.Now().Add(1 << 62).In(odd)})).To(BeTrue())
			var b bytes.Buffer
			g.Expect(lastmodstore.Save(&b, s, codec)).To(Succeed())
			saved := recorder{entries: map[string]intEntry{}, refuse: func(key string, e intEntry) error {
				if want, _ := s.GetEntry(key); state(e) != state(want) || e.ExpiresAt.IsZero() != want.ExpiresAt.IsZero() {
					return fmt.Errorf("%s instead of %s", state(e), state(want))
				}
				return nil
			}}
			g.Expect(lastmodstore.Load(&b, &saved, codec)).To(Equal(2))
			s.Close()
		}
	}
}

// 28, 20: saving a closed store is an error.
func TestSaveOfAClosedStoreIsAnError(t *testing.T) {
	for _, engine := range snapshotEngines {
		g := NewWithT(t)
		s := engine.open()
		var b bytes.Buffer
		g.Expect(lastmodstore.Save(&b, s, lastmodstore.Gob)).To(Succeed(), "%s: an empty store that is open", engine.name)
		s.Close()
		b.Reset()
		g.Expect(lastmodstore.Save(&b, s, lastmodstore.Gob)).To(MatchError(lastmodstore.ErrClosed), engine.name)
		g.Expect(b.Len()).To(BeZero())
	}
}

func TestSaveOfAStoreThatIsClosedMeanwhileIsAnError(t *testing.T) {
	for _, engine := range snapshotEngines {
		g := NewWithT(t)
		s := engine.open()
		for i := range 4000 {
			s.Set(fmt.Sprint(i), i, 0)
		}
		closing := lastmodstore.Gob
		closing.Marshal = func(v any) ([]byte, error) {
			s.Close()
			return lastmodstore.Gob.Marshal(v)
		}
		g.Expect(lastmodstore.Save(io.Discard, s, closing)).To(MatchError(lastmodstore.ErrClosed), engine.name)
	}
}

// 28: an entry that is live for the whole call is not missed if, before Save reaches it, it
// is merged with a time between the newest modification and the start of Save.
func TestSaveKeepsAnEntryThatIsMovedBeforeItIsReached(t *testing.T) {
	for _, engine := range snapshotEngines {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := engine.open()
			defer s.Close()
			for i := range 1000 {
				s.Set(fmt.Sprint(i), i, 0)
			}
			newest, _ := s.GetLastModified("999")
			time.Sleep(time.Hour)
			moving := lastmodstore.Gob
			moving.Marshal = func(v any) ([]byte, error) {
				s.Merge("900", intEntry{Value: -1, LastModified: newest.Add(time.Minute)})
				return lastmodstore.Gob.Marshal(v)
			}
			var b bytes.Buffer
			g.Expect(lastmodstore.Save(&b, s, moving)).To(Succeed())
			loaded := mutexstore.New[string, int](0)
			defer loaded.Close()
			_, err := lastmodstore.Load(&b, loaded, lastmodstore.Gob)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(loaded.Len()).To(Equal(1000), engine.name)
			g.Expect(contents(loaded)).To(Equal(contents(s)), engine.name)
		})
	}
}

// 28: nor is an entry missed if, before Save reaches it, its deadline is extended by a
// Merge with a time that the loops have already passed in other shards, and its first
// deadline passes.
func TestSaveKeepsAnEntryWhoseDeadlineIsExtendedBeforeItIsReached(t *testing.T) {
	for _, engine := range snapshotEngines {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := engine.open()
			defer s.Close()
			old := time.Now()
			s.Set("oldest", 0, 0)
			time.Sleep(2 * time.Hour)
			soon := time.Now().Add(time.Second)
			for i := range 100 {
				s.Merge(fmt.Sprint(i), intEntry{i, old.Add(time.Minute + time.Duration(i)), time.Second, soon})
			}
			s.Set("newest", 0, 0)
			extending := &startHook{s, func() {
				for i := range 100 {
					s.Merge(fmt.Sprint(i), intEntry{Value: -i, LastModified: old.Add(time.Hour + time.Duration(i))})
				}
				time.Sleep(time.Second)
			}}
			var b bytes.Buffer
			g.Expect(lastmodstore.Save(&b, extending, lastmodstore.Gob)).To(Succeed())
			loaded := mutexstore.New[string, int](0)
			defer loaded.Close()
			_, err := lastmodstore.Load(&b, loaded, lastmodstore.Gob)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(loaded.Len()).To(Equal(102), engine.name)
		})
	}
}

// A startHook calls started when the first loop over it begins to yield.
type startHook struct {
	intStore
	started func()
}

func (h *startHook) ModifiedSince(t time.Time) iter.Seq2[string, intEntry] {
	return func(yield func(string, intEntry) bool) {
		for key, e := range h.intStore.ModifiedSince(t) {
			if h.started != nil {
				h.started()
				h.started = nil
			}
			if !yield(key, e) {
				return
			}
		}
	}
}

func TestSnapshotConcurrentWithWritersMissesNoLiveEntry(t *testing.T) {
	g := NewWithT(t)
	s := actor.New[string, []int](0)
	defer s.Close()
	for i := range 3000 {
		s.Set(fmt.Sprint(i), []int{i}, 0)
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				s.Set(fmt.Sprint(i%3000), []int{i}, 0)
			}
		}
	})
	var b bytes.Buffer
	g.Expect(lastmodstore.Save(&b, s, lastmodstore.Gob)).To(Succeed())
	close(stop)
	writers.Wait()
	loaded := mutexstore.New[string, []int](0)
	defer loaded.Close()
	_, err := lastmodstore.Load(&b, loaded, lastmodstore.Gob)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(loaded.Len()).To(Equal(3000))
}

func TestInvalidCodecIsRefused(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, int](0)
	defer s.Close()
	for want, change := range map[string]func(*lastmodstore.Codec){
		"has no name":               func(c *lastmodstore.Codec) { c.Name = "" },
		"1001 bytes long: use one":  func(c *lastmodstore.Codec) { c.Name = strings.Repeat("n", 1001) },
		"set Marshal and Unmarshal": func(c *lastmodstore.Codec) { c.Marshal = nil },
		`"json" lacks a function`:   func(c *lastmodstore.Codec) { c.Unmarshal = nil },
	} {
		codec := lastmodstore.JSON
		change(&codec)
		var b bytes.Buffer
		g.Expect(lastmodstore.Save(&b, s, codec)).To(MatchError(ContainSubstring(want)))
		g.Expect(b.Len()).To(BeZero())
		_, err := lastmodstore.Load(&b, s, codec)
		g.Expect(err).To(MatchError(ContainSubstring(want)))
	}
	long := lastmodstore.JSON
	long.Name = strings.Repeat("n", 1000)
	var b bytes.Buffer
	g.Expect(lastmodstore.Save(&b, s, long)).To(Succeed())
	g.Expect(lastmodstore.Load(&b, s, long)).To(BeZero())
}

// A failingWriter fails after limit bytes.
type failingWriter struct{ limit int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.limit -= len(p); w.limit < 0 {
		return 0, errors.ErrUnsupported
	}
	return len(p), nil
}

func TestSaveReturnsTheErrorOfTheWriter(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, string](0)
	defer s.Close()
	for i := range 40 {
		s.Set(fmt.Sprint(i), strings.Repeat("x", 5000), 0)
	}
	var whole bytes.Buffer
	g.Expect(lastmodstore.Save(&whole, s, lastmodstore.Gob)).To(Succeed())
	for limit := 0; limit < whole.Len(); limit += 1000 {
		err := lastmodstore.Save(&failingWriter{limit}, s, lastmodstore.Gob)
		g.Expect(err).To(MatchError(errors.ErrUnsupported), "%d", limit)
		g.Expect(err).To(MatchError(ContainSubstring("snapshot not saved")))
	}
}
