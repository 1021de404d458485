package lastmodstore_test

import (
	"fmt"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

var snapshotEngines = []struct {
	name string
	open func() intStore
}{
	{"actor", func() intStore { return actor.New[string, int](0) }},
	{"mutexstore", func() intStore { return mutexstore.New[string, int](0) }},
	{"sharded", func() intStore {
		return lastmodstore.NewSharded(4, func() intStore { return mutexstore.New[string, int](0) })
	}},
}

type anyStore = lastmodstore.Store[string, []int]

var codecs = []lastmodstore.Codec{lastmodstore.JSON, lastmodstore.Gob}

// contents returns the entries of s, formatted by state.
func contents[V any](s lastmodstore.Reader[string, V]) map[string]string {
	all := map[string]string{}
	for key, e := range s.All() {
		all[key] = state(e)
	}
	return all
}

// state formats e so that equal times have equal text.
func state[V any](e lastmodstore.Entry[V]) string {
	return fmt.Sprint(e.Value, " of ", e.LastModified.UnixNano(), " for ", e.TTL, " until ", e.ExpiresAt.UnixNano())
}

// A recorder is a Writer that keeps the newest entry that Load merges for each key.
type recorder struct {
	lastmodstore.Writer[string, int]
	entries map[string]intEntry
	refuse  func(string, intEntry) error
}

func (r *recorder) Merge(key string, e intEntry) (bool, error) {
	if old, ok := r.entries[key]; !ok || e.LastModified.After(old.LastModified) {
		r.entries[key] = e
	}
	return true, r.refuse(key, e)
}
