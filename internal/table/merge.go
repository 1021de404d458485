package table

import (
	"math"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// Merge stores e as given if it is newer than the current entry, and reports whether it
// did.
func (t *Table[K, V]) Merge(h uint32, key K, e lastmodstore.Entry[V], now int64) (bool, error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	// Later than the smallest time, which as a position means "from the start".
	modified, deadline := max(t.line.Nanos(e.LastModified), math.MinInt64+1), int64(timeline.Never)
	if !e.ExpiresAt.IsZero() {
		if deadline = t.line.Nanos(e.ExpiresAt); e.TTL < 0 {
			return false, lastmodstore.ErrInvalidTTL
		}
	}
	if modified > now+maxSkew {
		return false, lastmodstore.ErrClockSkew
	}
	superseded := t.supersedes(h, key, modified, now) // before live removes an expired entry
	i, at := t.live(h, key, now)
	t.line.BeginMerges(now)
	if deadline <= now || superseded {
		return false, nil
	}
	if t.isWeighed() {
		var err error
		if i, at, err = t.admit(i, at, h, key, now); err != nil {
			return false, err
		}
	}
	if i == none {
		if err := t.makeRoom(now); err != nil {
			return false, err
		}
	} else {
		t.enqueue(i, lastmodstore.Replaced, max(now, t.last+1))
	}
	j, s := t.draft(i, h, key)
	kept := s.deadline
	outOfOrder := modified <= t.last || !t.line.Claim(modified)
	s.value, s.modified = e.Value, modified
	s.setOutOfOrder(outOfOrder)
	t.last = max(t.last, modified)
	if modified >= now {
		t.line.Raise(modified) // the other shards of a Sharded, too, continue from there
	}
	s.setDeadline(deadline, int64(e.TTL))
	t.publish(h, i, j, at)
	if i != none {
		t.unlink(i)
	}
	t.linkByTime(j)
	t.replaceSlot(i, j, kept)
	if t.isWeighed() {
		t.addWeight(i, j)
	}
	if outOfOrder {
		t.recordMerge(h, key, t.nextStamp(now))
	}
	t.sets++
	return true, nil
}

// supersedes reports whether key has an entry modified at the given time or later, or
// had one that has expired and is remembered. So a merge of an older entry has the same
// result in either order of arrival.
func (t *Table[K, V]) supersedes(h uint32, key K, modified, now int64) bool {
	i := t.find(h, key)
	if i == none {
		return t.expired.supersedes(key, modified)
	}
	s := t.slots.at(i)
	return s.modified >= modified && (now < s.deadline || t.expired.limit > 0 && t.line.Merges() < s.deadline)
}
