package replica

import (
	"container/list"
	"time"
)

// SessionTTL is the time after which a session from which nothing has come ends.
const SessionTTL = 10 * time.Minute

// A session is the part of the state that makes repeated messages harmless: it
// remembers the results of the messages whose writer may still wait for them. Its
// identity is the sequence number of its registration. Another one, such as the nonce,
// would let a late duplicate of the registration revive a session that has expired.
type session[V any] struct {
	id      uint64
	machine uint64 // on which its writer runs
	active  int64  // the time of its latest message
	floor   uint64
	results map[uint64][]Result[V] // by message number, none below floor
}

// sessions are all sessions, the longest inactive first.
type sessions[V any] struct {
	byID   map[uint64]*list.Element // of *session[V]
	queued *list.List
}

func newSessions[V any]() sessions[V] {
	return sessions[V]{map[uint64]*list.Element{}, list.New()}
}

func (s *sessions[V]) add(of *session[V]) { s.byID[of.id] = s.queued.PushBack(of) }

// find returns the session of that identity and makes it the latest active one. It
// returns nil if there is none.
func (s *sessions[V]) find(id uint64, now int64) *session[V] {
	e := s.byID[id]
	if e == nil {
		return nil
	}
	s.queued.MoveToBack(e)
	of := e.Value.(*session[V])
	of.active = now
	return of
}

// expire ends the sessions that have been inactive for SessionTTL.
func (s *sessions[V]) expire(now int64) {
	for e := s.queued.Front(); e != nil; e = s.queued.Front() {
		of := e.Value.(*session[V])
		if now-of.active < int64(SessionTTL) {
			return
		}
		s.queued.Remove(e)
		delete(s.byID, of.id)
	}
}

// raise forgets the results below floor.
func (of *session[V]) raise(floor uint64) {
	if floor <= of.floor {
		return
	}
	of.floor = floor
	for number := range of.results {
		if number < floor {
			delete(of.results, number)
		}
	}
}

// isRepeated reports whether the message of that number has been applied, or has been
// given up by its writer.
func (of *session[V]) isRepeated(number uint64) bool {
	_, applied := of.results[number]
	return applied || number < of.floor
}

// results returns the results of a message of a session, if they are remembered.
func (s *sessions[V]) results(id, number uint64) (results []Result[V], ok bool) {
	e := s.byID[id]
	if e == nil {
		return nil, false
	}
	results, ok = e.Value.(*session[V]).results[number]
	return results, ok
}
