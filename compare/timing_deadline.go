package compare

import (
	"context"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// sees calls one operation each and reports whether it found "a" present.
var sees = map[string]func(s stringStore) bool{
	"Get":             func(s stringStore) bool { _, ok := s.Get("a"); return ok },
	"GetEntry":        func(s stringStore) bool { _, ok := s.GetEntry("a"); return ok },
	"GetLastModified": func(s stringStore) bool { _, ok := s.GetLastModified("a"); return ok },
	"GetMany":         func(s stringStore) bool { return len(s.GetMany([]string{"a"})) == 1 },
	"GetIfModifiedSince": func(s stringStore) bool {
		_, ok := lastmodstore.GetIfModifiedSince(s, "a", time.Time{})
		return ok
	},
	"All": func(s stringStore) bool {
		for range s.All() {
			return true
		}
		return false
	},
	"ModifiedSince": func(s stringStore) bool {
		for range s.ModifiedSince(time.Time{}) {
			return true
		}
		return false
	},
	"Watch": func(s stringStore) bool {
		ctx, cancel := context.WithTimeout(context.Background(), 1)
		defer cancel()
		for e := range s.Watch(ctx, time.Time{}) {
			if e.Kind == lastmodstore.Modified {
				return true
			}
		}
		return false
	},
	"Touch":        func(s stringStore) bool { ok, _ := s.Touch("a", ttl1); return ok },
	"Delete":       func(s stringStore) bool { ok, _ := s.Delete("a"); return ok },
	"GetAndDelete": func(s stringStore) bool { _, ok, _ := s.GetAndDelete("a"); return ok },
	"DeleteIf":     func(s stringStore) bool { ok, _ := s.DeleteIfUnmodifiedSince("a", time.Now()); return ok },
	"SetIf":        func(s stringStore) bool { _, ok, _ := s.SetIfUnmodifiedSince("a", 2, 0, time.Now()); return ok },
	"SetIfAbsent":  func(s stringStore) bool { _, ok, _ := lastmodstore.SetIfAbsent(s, "a", 2, 0); return !ok },
	"Add":          func(s stringStore) bool { e, _ := s.Add("a", 1, 0); return e.Value == 2 },
	"Update": func(s stringStore) (present bool) {
		lastmodstore.Update(s, "a", func(_ entry, ok bool) (int, time.Duration, error) {
			present = ok
			return 2, 0, nil
		})
		return present
	},
	"Set with KeepTTL": func(s stringStore) bool {
		s.Set("a", 2, lastmodstore.KeepTTL)
		e, _ := s.GetEntry("a")
		return !e.ExpiresAt.IsZero()
	},
	"SetMany with KeepTTL": func(s stringStore) bool {
		s.SetMany(map[string]int{"a": 2}, lastmodstore.KeepTTL)
		e, _ := s.GetEntry("a")
		return !e.ExpiresAt.IsZero()
	},
}

func deadline(t *tester) {
	for name, sees := range sees {
		for _, after := range []time.Duration{-1, 0, 1} {
			s := t.engine.Strings(0)
			t.Expect(s.Set("a", 1, ttl1)).To(Succeed())
			time.Sleep(ttl1 + after)
			t.Expect([]int{s.Len(), s.Stats().Entries}).To(HaveEach(1), "only Len and Stats count what is not swept")
			t.Expect(sees(s)).To(Equal(after < 0), "%s %v after the deadline", name, after)
			t.Expect(s.Close()).To(Succeed())
		}
	}
}

func overwrite(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	s.Set("a", 1, ttl1)
	time.Sleep(ttl1)
	t.Expect(s.Set("a", 2, lastmodstore.KeepTTL)).To(Succeed())
	now, ok := s.GetEntry("a")
	t.Expect(ok).To(BeTrue())
	t.Expect(now.ExpiresAt.IsZero()).To(BeTrue())
	t.Expect(s.Stats().Expirations).To(BeEquivalentTo(1))
}

// reads calls every operation that reads, often, and finds the entry unchanged until
// its deadline, at which it is absent nevertheless.
func reads(t *tester) {
	reading := []string{"Get", "GetEntry", "GetLastModified", "GetMany", "GetIfModifiedSince", "All", "ModifiedSince", "Watch"}
	s := t.engine.Strings(0)
	defer s.Close()
	s.Set("a", 1, ttl1)
	before, _ := s.GetEntry("a")
	for range 9 {
		time.Sleep(ttl1 / 10)
		for _, name := range reading {
			t.Expect(sees[name](s)).To(BeTrue(), name)
		}
		after, _ := s.GetEntry("a")
		t.Expect(after).To(Equal(before))
	}
	time.Sleep(ttl1 / 10)
	_, ok := s.Get("a")
	t.Expect(ok).To(BeFalse())
}
