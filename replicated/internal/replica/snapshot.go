package replica

import (
	"maps"

	"github.com/lastmodstore/lastmodstore/internal/table"
)

// A Snapshot is a copy of a replica. It does not change any more, so it can be written
// while the replica continues.
type Snapshot[K comparable, V any] struct {
	LogID    string
	Position Position
	now      int64
	unsaved  Growth
	captured *table.Capture[K, V] // of a replica
	image    table.Image[K, V]    // that was read
	sessions []*session[V]
}

// Snapshot returns a copy of r. It may be called on any goroutine, and blocks the others
// only while it copies memory.
func (r *Replica[K, V]) Snapshot() *Snapshot[K, V] {
	c := &table.Capture[K, V]{}
	for {
		if s := r.snapshot(c); s != nil {
			return s
		}
		c.Reserve()
	}
}

// snapshot returns a copy of r, or nil if c has too little memory.
func (r *Replica[K, V]) snapshot(c *table.Capture[K, V]) *Snapshot[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.shard.Capture(c) {
		return nil
	}
	s := &Snapshot[K, V]{LogID: r.LogID, Position: r.position, now: r.now, unsaved: r.unsaved, captured: c}
	s.sessions = make([]*session[V], 0, r.sessions.queued.Len())
	for e := r.sessions.queued.Front(); e != nil; e = e.Next() {
		of := *e.Value.(*session[V])
		of.results = maps.Clone(of.results)
		s.sessions = append(s.sessions, &of)
	}
	return s
}

// Restore makes r the replica of which s, which was read, is a copy. It must come from
// the same log.
func (r *Replica[K, V]) Restore(s *Snapshot[K, V]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.position, r.now, r.unsaved = s.Position, s.now, s.unsaved
	r.Line.Advance(r.now)
	r.shard.Restore(s.image)
	r.sessions = newSessions[V]()
	for _, of := range s.sessions {
		r.sessions.add(of)
	}
}

// Results returns the results of a message of a session, if they are remembered.
func (r *Replica[K, V]) Results(session, number uint64) ([]Result[V], bool) {
	return r.sessions.results(session, number)
}
