package table

import (
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A model does what a table should do, with a map and linear scans. Like the contract,
// it leaves one thing to the table: which of several expired entries is removed first.
type model struct {
	entries map[int]*modelEntry
	expired map[int]int64 // modification times of expired entries
	max     int
	reject  bool
	now     int64       // the walk's time
	last    int64       // the latest time assigned, also to removals
	given   int64       // the latest LastModified assigned or merged
	hand    *modelEntry // nil: before the oldest
	stats   lastmodstore.Stats

	wasRemoved func(*modelEntry) bool // reports whether the table has removed or replaced the entry
	changed    func(key int)          // called for every key that is removed or modified
	stamp      func(key int) int64    // returns the table's LastModified of key
}

type modelEntry struct {
	key, value              int
	modified, deadline, ttl int64
	marked                  bool
}

const forever = math.MaxInt64

func newModel(limit int, reject bool) *model {
	return &model{entries: map[int]*modelEntry{}, expired: map[int]int64{}, max: limit, reject: reject, last: math.MinInt64, given: math.MinInt64, changed: func(int) {}}
}

// live returns the entry of key, or nil. It removes an expired entry.
func (m *model) live(key int, now int64) *modelEntry {
	e := m.entries[key]
	if e != nil && e.deadline <= now {
		m.expire(e)
		return nil
	}
	return e
}

// peek is live for a read.
func (m *model) peek(key int, now int64) *modelEntry {
	if e := m.entries[key]; e != nil && now < e.deadline {
		e.marked = true
		return e
	}
	return nil
}

func (m *model) expire(e *modelEntry) {
	m.expired[e.key] = e.modified
	m.remove(e)
	m.stats.Expirations++
}

func (m *model) remove(e *modelEntry) {
	m.leave(e)
	delete(m.entries, e.key)
	m.tick()
}

// tick assigns a time to something that is not a modification.
func (m *model) tick() { m.last = max(m.last+1, m.now) }

// stamped returns the time of a modification of key. It accepts that the same call may
// have removed expired entries before, each with a time of its own.
func (m *model) stamped(key int) int64 {
	at, earliest := m.stamp(key), max(m.given+1, m.now)
	if m.tick(); at < earliest || at > m.last+int64(len(m.entries)) {
		at = m.last
	}
	m.last, m.given = at, at
	return at
}

// leave removes e from the modification order.
func (m *model) leave(e *modelEntry) {
	if m.hand == e {
		m.hand = m.after(e.modified)
	}
	m.changed(e.key)
}

// after returns the oldest entry modified after at, or nil.
func (m *model) after(at int64) (oldest *modelEntry) {
	for _, e := range m.entries {
		if e.modified > at && (oldest == nil || e.modified < oldest.modified) {
			oldest = e
		}
	}
	return oldest
}

func (m *model) room(n int, now int64) error {
	err := m.expireFor(n, now)
	if err == nil {
		m.evictFor(true, forever)
	}
	return err
}

func (m *model) expireFor(n int, now int64) error {
	for m.max > 0 && len(m.entries)+n > m.max {
		expired, removed := m.anyExpired(now)
		switch {
		case removed != nil:
			m.expire(removed)
		case expired:
			panic("an expired entry was left although room was needed")
		case m.reject:
			return lastmodstore.ErrFull
		default:
			return nil
		}
	}
	return nil
}

func (m *model) evictFor(fresh bool, newest int64) {
	for fresh && m.max > 0 && len(m.entries) >= m.max {
		m.evict(newest)
	}
}

// expireSome removes the expired entries that a table without a capacity has removed at
// an insertion.
func (m *model) expireSome(now int64) {
	if m.max > 0 {
		return
	}
	for {
		_, removed := m.anyExpired(now)
		if removed == nil {
			return
		}
		m.expire(removed)
	}
}

// anyExpired reports whether there is an expired entry, and returns one that the table
// has removed, or nil.
func (m *model) anyExpired(now int64) (found bool, removed *modelEntry) {
	for _, e := range m.entries {
		if e.deadline <= now {
			if found = true; m.wasRemoved(e) {
				return true, e
			}
		}
	}
	return found, nil
}

func (m *model) evict(newest int64) {
	for {
		if m.hand == nil || m.hand.modified >= newest {
			m.hand = m.after(math.MinInt64)
		}
		if e := m.hand; !e.marked {
			m.remove(e)
			m.stats.Evictions++
			return
		}
		m.hand.marked = false
		m.hand = m.after(m.hand.modified)
	}
}

func (m *model) put(key, value int, ttl time.Duration, now int64) error {
	e := m.live(key, now)
	if e == nil {
		if err := m.room(1, now); err != nil {
			return err
		}
		m.expireSome(now)
		e = &modelEntry{key: key, deadline: forever}
	} else {
		m.leave(e)
	}
	e.value, e.modified = value, m.stamped(key)
	m.entries[key] = e
	e.applyTTL(ttl, now)
	m.stats.Sets++
	return nil
}

func (e *modelEntry) applyTTL(ttl time.Duration, now int64) {
	switch {
	case ttl == -1:
	case ttl == 0 || int64(ttl) >= math.MaxInt64-now:
		e.deadline, e.ttl = forever, 0
	default:
		e.deadline, e.ttl = now+int64(ttl), int64(ttl)
	}
}
