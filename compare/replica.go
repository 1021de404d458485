package compare

import (
	"context"
	"maps"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A replica is what is known of a store from nothing but its feed.
type replica struct {
	t       *tester
	s       stringStore
	at      time.Time // of the last event: where to resume
	entries map[string]entry
	resyncs int
	behind  bool // CaughtUp has not been received since the loop began or the last Resync
	ties    bool // two events may have one time: there are several shards
	caller  *caller
}

func newReplica(t *tester, s stringStore) *replica {
	return &replica{t: t, s: s, entries: map[string]entry{}}
}

// apply checks e and follows it.
func (r *replica) apply(e event) {
	if e.At.Before(r.at) || e.At.Equal(r.at) && !r.ties && e.Kind != lastmodstore.CaughtUp {
		r.t.Errorf("24: out of order: %v %s at %v after %v", e.Kind, e.Key, e.At, r.at)
	}
	r.at = e.At
	switch e.Kind {
	case lastmodstore.Modified:
		r.entries[e.Key] = e.Entry
	case lastmodstore.Deleted, lastmodstore.Expired, lastmodstore.Evicted:
		delete(r.entries, e.Key)
	case lastmodstore.Resync:
		r.resyncs++
		r.behind = true
		r.entries = maps.Collect(r.s.All())
	case lastmodstore.CaughtUp:
		if !r.behind {
			r.t.Errorf("24: a second CaughtUp, at %v", e.At)
		}
		r.behind = false
	default:
		r.t.Errorf("24: Watch yields %v", e.Kind)
	}
}

// compare checks that what r knows is what the store holds, which has just been
// cleaned up: an entry is not seen to expire before it is removed.
func (r *replica) compare() {
	r.t.Helper()
	held := maps.Collect(r.s.All())
	for key, e := range held {
		known, ok := r.entries[key]
		switch {
		case !ok:
			r.t.Errorf("24: incomplete: %s is not known", key)
		case known.Value != e.Value || !known.LastModified.Equal(e.LastModified):
			r.t.Errorf("24: stale: %s is known as %v and is %v", key, known, e)
		}
	}
	for key := range r.entries {
		if _, ok := held[key]; !ok {
			r.t.Errorf("24: incomplete: %s is known and was removed", key)
		}
	}
}

// catchUp follows the feed from where r stands until there is no more, or
// for so many changes at most, in a bubble. It reports whether there is no more. When
// the feed says that it has caught up, r must know what the store holds, which has
// just been cleaned up.
func (r *replica) catchUp(most int) (caughtUp bool) {
	ctx, cancel := context.WithCancel(context.Background())
	caughtUp, r.behind = true, true
	r.t.Go(func() {
		for e := range r.s.Watch(ctx, r.at) {
			if r.apply(e); e.Kind == lastmodstore.CaughtUp {
				r.compare()
				continue
			}
			if most--; most == 0 {
				caughtUp = false
				break
			}
		}
	})
	synctest.Wait()
	cancel()
	synctest.Wait()
	if caughtUp && r.behind {
		r.t.Errorf("24: no CaughtUp after the last event, at %v", r.at)
	}
	return caughtUp
}
