package table

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

func (m *model) set(key, value int, ttl time.Duration, now int64) error {
	if ttl < -1 {
		return lastmodstore.ErrInvalidTTL
	}
	return m.put(key, value, ttl, now)
}

func (m *model) setMany(keys []int, value int, ttl time.Duration, now int64) error {
	if ttl < -1 {
		return lastmodstore.ErrInvalidTTL
	}
	if m.max > 0 {
		if len(keys) > m.max {
			return lastmodstore.ErrFull
		}
		fresh := 0
		for _, key := range keys {
			if m.live(key, now) == nil {
				fresh++
			}
		}
		if err := m.expireFor(fresh, now); err != nil {
			return err
		}
	}
	newest := m.last + 1
	for _, present := range []bool{true, false} {
		for _, key := range keys {
			if e := m.live(key, now); present == (e != nil || m.max == 0) {
				m.evictFor(e == nil, newest)
				m.put(key, value, ttl, now)
			}
		}
	}
	if m.hand != nil && m.hand.modified >= newest {
		m.hand = nil
	}
	return nil
}

func (m *model) touch(key int, ttl time.Duration, now int64) (bool, error) {
	if ttl < -1 {
		return false, lastmodstore.ErrInvalidTTL
	}
	e := m.live(key, now)
	if e != nil {
		e.applyTTL(ttl, now)
	}
	return e != nil, nil
}

func (m *model) del(key int, until, now int64) bool {
	e := m.live(key, now)
	if e == nil || e.modified > until {
		return false
	}
	m.remove(e)
	m.stats.Deletes++
	return true
}

func (m *model) merge(in modelEntry, now int64) (bool, error) {
	switch {
	case in.deadline != forever && in.ttl < 0:
		return false, lastmodstore.ErrInvalidTTL
	case in.modified > now+60_000_000_000:
		return false, lastmodstore.ErrClockSkew
	}
	e := m.live(in.key, now)
	switch {
	case in.deadline <= now || e != nil && e.modified >= in.modified || e == nil && m.supersedes(in):
		return false, nil
	case e != nil:
		m.leave(e)
	default:
		if err := m.room(1, now); err != nil {
			return false, err
		}
		m.expireSome(now)
		e = &modelEntry{}
	}
	in.marked = e.marked
	if *e = in; in.deadline == forever {
		e.ttl = 0
	}
	m.entries[in.key] = e
	outOfOrder := in.modified <= m.last
	m.last, m.given = max(m.last, in.modified), max(m.given, in.modified)
	if outOfOrder {
		m.tick()
	}
	m.stats.Sets++
	return true, nil
}

// supersedes reports whether an expired entry of in's key was at least as new.
func (m *model) supersedes(in modelEntry) bool {
	at, ok := m.expired[in.key]
	return ok && at >= in.modified
}

func (m *model) clear() {
	m.expired = map[int]int64{}
	for _, e := range m.entries {
		if e.deadline <= m.now {
			m.stats.Expirations++
		}
	}
	for key := range m.entries {
		m.changed(key)
	}
	m.entries, m.hand = map[int]*modelEntry{}, nil
	m.tick()
}
