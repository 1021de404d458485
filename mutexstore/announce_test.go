package mutexstore

import (
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// 14, 15: a reader that reads the clock after a writer has must not miss what that
// writes. So the writer announces its write before it reads the clock, and withdraws
// the announcement at the end.
func TestAWriteIsAnnouncedBeforeItReadsTheClock(t *testing.T) {
	announcesKey := func(s *Store[string, int]) bool { return s.isRenewing(table.Short(table.Hash(s.seed, "a"))) }
	hidesTable := func(s *Store[string, int]) bool {
		_, _, result := s.table.Get(table.Short(table.Hash(s.seed, "a")), "a")
		return result == table.Hidden
	}
	for name, c := range map[string]struct {
		announces func(s *Store[string, int]) bool
		write     func(s *Store[string, int]) error
	}{
		"Touch": {announcesKey, func(s *Store[string, int]) error {
			_, err := s.Touch("a", time.Hour)
			return err
		}},
		"SetIfUnmodifiedSince": {announcesKey, func(s *Store[string, int]) error {
			_, _, err := s.SetIfUnmodifiedSince("a", 2, time.Hour, time.Now())
			return err
		}},
		"SetMany": {hidesTable, func(s *Store[string, int]) error {
			return s.SetMany(map[string]int{"a": 2, "b": 2}, time.Hour)
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			var s *Store[string, int]
			isWriting, isAnnounced, clockReads := false, false, 0
			wallClock := func() int64 { // the timeline calls it at most once a second
				if isWriting {
					clockReads++
					isAnnounced = c.announces(s)
				}
				return time.Now().UnixNano()
			}
			s = New[string, int](0, lastmodstore.Option(func(c *config.Config) {
				c.Line = timeline.StartBy(wallClock)
			}))
			defer s.Close()
			g.Expect(s.Set("a", 1, time.Hour)).To(Succeed())
			time.Sleep(2 * time.Second)
			isWriting = true
			g.Expect(c.write(s)).To(Succeed())
			isWriting = false
			g.Expect(clockReads).To(Equal(1), name)
			g.Expect(isAnnounced).To(BeTrue(), name)
			g.Expect(c.announces(s)).To(BeFalse(), name)
			value, ok := s.Get("a")
			g.Expect(ok).To(BeTrue())
			g.Expect(value).To(BeNumerically(">", 0))
		})
	}
}
