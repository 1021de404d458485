package lastmodstore_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func TestEndOfSecondIsTheLastNanosecondOfTheSameSecond(t *testing.T) {
	west := time.FixedZone("44 min and 30 s west", -44*60-30)
	for name, at := range map[string]time.Time{
		"whole":           time.Unix(1e9, 0),
		"first":           time.Unix(1e9, 1),
		"last":            time.Unix(1e9, 999_999_999),
		"before 1970":     time.Unix(-5, 1),
		"odd zone":        time.Unix(1e9, 7).In(west),
		"with monotonic":  time.Now(),
		"beyond UnixNano": time.Date(9999, 12, 31, 23, 59, 59, 5, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			end := lastmodstore.EndOfSecond(at)
			g.Expect(end.Unix()).To(Equal(at.Unix()))
			g.Expect(end.Nanosecond()).To(Equal(999_999_999))
			g.Expect(end.Location()).To(Equal(at.Location()))
			g.Expect(end).To(Equal(end.Round(0)), "it must have no monotonic reading")
			g.Expect(lastmodstore.EndOfSecond(end)).To(Equal(end))
		})
	}
}

// 9: with the zero time, SetIfUnmodifiedSince stores only if the key is absent.
func TestEndOfSecondKeepsTheZeroTime(t *testing.T) {
	NewWithT(t).Expect(lastmodstore.EndOfSecond(time.Time{}).IsZero()).To(BeTrue())
}

func TestConditionsFromAnHTTPHeaderCompareWholeSeconds(t *testing.T) {
	modified := time.Date(1999, 5, 6, 10, 0, 0, 500_000_000, time.UTC)
	second := func(n int) string { return modified.Add(time.Duration(n) * time.Second).Format(http.TimeFormat) }
	for _, c := range []struct {
		header     string
		unmodified bool
	}{{second(-1), false}, {second(0), true}, {second(1), true}} {
		eachEngine(t, func(g Gomega, s lastmodstore.Store[string, string]) {
			// A merged entry keeps its own time, not the time of the bubble.
			for _, key := range []string{"set", "deleted"} {
				_, err := s.Merge(key, lastmodstore.Entry[string]{LastModified: modified})
				g.Expect(err).NotTo(HaveOccurred())
			}
			header, err := http.ParseTime(c.header)
			g.Expect(err).NotTo(HaveOccurred())
			at := lastmodstore.EndOfSecond(header)

			_, changed := lastmodstore.GetIfModifiedSince(s, "set", at)
			g.Expect(changed).To(Equal(!c.unmodified))
			_, stored, err := s.SetIfUnmodifiedSince("set", "w", lastmodstore.NoExpiry, at)
			g.Expect(stored, err).To(Equal(c.unmodified))
			deleted, err := s.DeleteIfUnmodifiedSince("deleted", at)
			g.Expect(deleted, err).To(Equal(c.unmodified))
		})
	}
}

func ExampleEndOfSecond() {
	s := mutexstore.New[string, string](0)
	defer s.Close()
	s.Set("motd", "hello", lastmodstore.NoExpiry)
	modified, _ := s.GetLastModified("motd")

	sent := modified.UTC().Format(http.TimeFormat) // Last-Modified
	received, _ := http.ParseTime(sent)            // If-Unmodified-Since
	_, stored, err := s.SetIfUnmodifiedSince("motd", "bye", lastmodstore.NoExpiry, lastmodstore.EndOfSecond(received))
	fmt.Println(stored, err)
	// Output: true <nil>
}
