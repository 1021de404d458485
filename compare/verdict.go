package compare

import (
	"context"
	"errors"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A verdict is what the result of a call shows of the store.
type verdict int

const (
	unknown verdict = iota
	open
	closed
)

func ofError(err error) verdict {
	switch {
	case err == nil:
		return open
	case errors.Is(err, lastmodstore.ErrClosed):
		return closed
	}
	return unknown
}

func ofPresence(present bool) verdict {
	if present {
		return open
	}
	return closed
}

// verdicts call one method each of a store that holds "a" and "b", which do not expire.
var verdicts = map[string]func(s stringStore) verdict{
	"Get":             func(s stringStore) verdict { _, ok := s.Get("a"); return ofPresence(ok) },
	"GetEntry":        func(s stringStore) verdict { _, ok := s.GetEntry("a"); return ofPresence(ok) },
	"GetLastModified": func(s stringStore) verdict { _, ok := s.GetLastModified("a"); return ofPresence(ok) },
	"GetMany": func(s stringStore) verdict {
		n := len(s.GetMany([]string{"a", "b"}))
		if n == 1 {
			panic("14: GetMany sees half a store")
		}
		return ofPresence(n == 2)
	},
	"Len":   func(s stringStore) verdict { return ofPresence(s.Len() > 0) },
	"Stats": func(s stringStore) verdict { return ofPresence(s.Stats().Entries > 0) },
	"All": func(s stringStore) verdict {
		for range s.All() {
			return open
		}
		return closed
	},
	"ModifiedSince": func(s stringStore) verdict {
		for range s.ModifiedSince(time.Time{}) {
			return open
		}
		return closed
	},
	"Set":     func(s stringStore) verdict { return ofError(s.Set("c", 1, time.Microsecond)) },
	"SetMany": func(s stringStore) verdict { return ofError(s.SetMany(map[string]int{"a": 1, "c": 2}, 0)) },
	"SetIfUnmodifiedSince": func(s stringStore) verdict {
		_, _, err := s.SetIfUnmodifiedSince("c", 1, 1, time.Time{})
		return ofError(err)
	},
	"Touch":  func(s stringStore) verdict { _, err := s.Touch("a", 0); return ofError(err) },
	"Delete": func(s stringStore) verdict { _, err := s.Delete("c"); return ofError(err) },
	"DeleteIfUnmodifiedSince": func(s stringStore) verdict {
		_, err := s.DeleteIfUnmodifiedSince("c", time.Now())
		return ofError(err)
	},
	"Merge": func(s stringStore) verdict {
		_, err := s.Merge("c", entry{LastModified: time.Now()})
		return ofError(err)
	},
	"Clear":   func(s stringStore) verdict { return ofError(s.Clear()) },
	"Cleanup": func(s stringStore) verdict { s.Cleanup(); return unknown },
	"Add":     func(s stringStore) verdict { _, err := lastmodstore.Add(s, "c", 1, 1); return ofError(err) },
	"Update": func(s stringStore) verdict {
		_, err := lastmodstore.Update(s, "a", func(old entry, ok bool) (int, time.Duration, error) {
			if !ok {
				return 0, 0, errors.New("absent")
			}
			return old.Value, lastmodstore.KeepTTL, nil
		})
		return ofError(err)
	},
	"DeleteFunc": func(s stringStore) verdict {
		_, err := lastmodstore.DeleteFunc(s, func(string, entry) bool { return false })
		return ofError(err)
	},
	"GetAndDelete": func(s stringStore) verdict {
		_, _, err := s.GetAndDelete("c")
		return ofError(err)
	},
	"Watch": func(s stringStore) verdict {
		for range s.Watch(context.Background(), time.Time{}) {
			return open
		}
		return closed
	},
	"Watch that waits": func(s stringStore) verdict {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Microsecond)
		defer cancel()
		for e := range s.Watch(ctx, time.Now().Add(time.Hour)) {
			if e.Kind != lastmodstore.Resync && e.Kind != lastmodstore.CaughtUp {
				panic("an event of the future")
			}
		}
		return unknown
	},
	"OnRemove": func(s stringStore) verdict {
		var kinds []lastmodstore.EventKind
		stop := s.OnRemove(func(_ string, _ entry, why lastmodstore.EventKind) { kinds = append(kinds, why) })
		s.Set("c", 1, 0)
		s.Delete("c")
		stop()
		return unknown
	},
	"Close": func(s stringStore) verdict { s.Close(); return closed },
}
