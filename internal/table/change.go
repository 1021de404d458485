package table

import (
	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// A change is an Event as the table stores it. It is converted to an Event outside
// the lock or the owner.
type change[K comparable, V any] struct {
	at    int64
	kind  lastmodstore.EventKind
	key   K
	value V
	times
}

// change returns the change of the given kind of the entry in slot i.
func (t *Table[K, V]) change(i uint32, kind lastmodstore.EventKind, at int64) change[K, V] {
	s := t.slots.at(i)
	return change[K, V]{at, kind, s.key, s.value, s.times}
}

func (c *change[K, V]) event(line *timeline.Timeline) lastmodstore.Event[K, V] {
	e := lastmodstore.Event[K, V]{Kind: c.kind, Key: c.key, At: line.Time(c.at)}
	if c.kind != lastmodstore.Resync {
		e.Entry = newEntry(line, c.value, c.times)
	}
	return e
}
