package table

import (
	"maps"
	"math"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// The moves of a walk. Each calls the table first and then the model.

// entry returns what the table should return for e.
func (w *walk) entry(e *modelEntry) (lastmodstore.Entry[int], bool) {
	if e == nil {
		return lastmodstore.Entry[int]{}, false
	}
	entry := lastmodstore.Entry[int]{Value: e.value, LastModified: w.t.line.Time(e.modified), TTL: time.Duration(e.ttl)}
	if e.deadline != forever {
		entry.ExpiresAt = w.t.line.Time(e.deadline)
	}
	return entry, true
}

func (w *walk) read() {
	key := w.key()
	h := w.hash(key)
	switch w.IntN(4) {
	case 0:
		value, deadline, result := w.t.Get(h, key)
		if e := w.m.peek(key, w.now); e != nil {
			must(w, "Get", [3]int64{int64(value), deadline, 1}, [3]int64{int64(e.value), e.deadline, 1})
		} else if result == Present && w.now < deadline {
			w.Fatalf("Get of %d returns %d, but the key is absent", key, value)
		}
	case 1:
		got, ok := w.t.GetEntry(h, key, w.now)
		want, present := w.entry(w.m.peek(key, w.now))
		must(w, "GetEntry ok", ok, present)
		must(w, "GetEntry", got, want)
	case 2:
		got, ok := w.t.GetLastModified(h, key, w.now)
		want, present := w.entry(w.m.peek(key, w.now))
		must(w, "GetLastModified ok", ok, present)
		must(w, "GetLastModified", got, want.LastModified)
	default:
		keys := w.Perm(w.keys)[:w.IntN(min(w.keys, 5)+1)]
		lookups := make([]Lookup[int], len(keys))
		want := map[int]lastmodstore.Entry[int]{}
		for i, k := range keys {
			lookups[i].hash = w.hash(k)
			if e, ok := w.entry(w.m.peek(k, w.now)); ok {
				want[k] = e
			}
		}
		w.t.GetMany(keys, lookups, w.now)
		must(w, "GetMany", maps.Equal(Found(w.t.line, keys, lookups), want), true)
	}
}

// add makes a move that may insert.
func (w *walk) add() {
	key, value, ttl := w.key(), w.Int(), w.randomTTL()
	h := w.hash(key)
	switch n := w.IntN(10); {
	case n < 4:
		err := w.t.Set(h, key, value, ttl, w.now)
		must(w, "Set", err, w.m.set(key, value, ttl, w.now))
	case n < 6:
		var all []Assignment[int, int]
		keys := w.Perm(w.keys)[:w.IntN(min(w.keys, w.batch)+1)]
		for _, k := range keys {
			all = append(all, Assignment[int, int]{Hash: w.hash(k), Key: k, Value: value})
		}
		err := w.t.SetMany(all, ttl, w.now)
		must(w, "SetMany", err, w.m.setMany(keys, value, ttl, w.now))
	case n < 8:
		w.setIfUnmodifiedSince(key, value, ttl)
	default:
		w.merge(modelEntry{key: key, value: value, deadline: forever, ttl: max(0, int64(ttl))})
	}
}

func (w *walk) setIfUnmodifiedSince(key, value int, ttl time.Duration) {
	since, at := w.instant(key)
	if w.IntN(2) == 0 {
		since = time.Time{}
	}
	var got Copy[int]
	stored, err := w.t.SetIfUnmodifiedSince(w.hash(key), key, value, ttl, since, w.now, &got)
	if ttl < -1 {
		must(w, "SetIfUnmodifiedSince", err, lastmodstore.ErrInvalidTTL)
		return
	}
	e, store := w.m.live(key, w.now), false
	if e == nil {
		store = since.IsZero()
	} else {
		store = !since.IsZero() && e.modified <= at
	}
	if store {
		must(w, "SetIfUnmodifiedSince", err, w.m.put(key, value, ttl, w.now))
		e, store = w.m.entries[key], err == nil
	}
	want, _ := w.entry(e)
	must(w, "SetIfUnmodifiedSince stored", stored, store)
	must(w, "SetIfUnmodifiedSince entry", got.Entry(w.t.line), want)
}

func (w *walk) merge(e modelEntry) {
	_, e.modified = w.instant(e.key)
	switch n := w.IntN(20); {
	case n == 0:
		e.modified = w.now + int64(w.IntN(w.ttl))
	case n == 1:
		e.modified = w.now + maxSkew + 1
	}
	if w.limit > 0 { // equal times would leave the order in which the hand moves open
		for taken := true; taken; {
			e.modified--
			next := w.m.after(e.modified - 1)
			taken = next != nil && next.modified == e.modified
		}
	}
	if e.ttl > 0 {
		e.deadline = w.now - 2 + int64(w.IntN(w.ttl))
	} else if w.IntN(20) == 0 {
		e.deadline, e.ttl = w.now, -1
	}
	in, _ := w.entry(&e)
	ok, err := w.t.Merge(w.hash(e.key), e.key, in, w.now)
	wantOK, wantErr := w.m.merge(e, w.now)
	must(w, "Merge", err, wantErr)
	must(w, "Merge", ok, wantOK)
}

func (w *walk) touch() {
	key, ttl := w.key(), w.randomTTL()
	ok, err := w.t.Touch(w.hash(key), key, ttl, w.now)
	wantOK, wantErr := w.m.touch(key, ttl, w.now)
	must(w, "Touch", err, wantErr)
	must(w, "Touch", ok, wantOK)
}

// remove deletes one key or, when shrinking, several.
func (w *walk) remove(growing bool) {
	n := 1
	if !growing {
		n += w.batch
	}
	for range n {
		key := w.key()
		since, at := w.instant(key)
		var ok bool
		var err error
		switch w.IntN(4) {
		case 0:
			ok, err = w.t.DeleteIfUnmodifiedSince(w.hash(key), key, since, w.now)
		case 1:
			at = math.MinInt64
			ok, err = w.t.DeleteIfUnmodifiedSince(w.hash(key), key, time.Time{}, w.now)
		default:
			at = math.MaxInt64
			ok, err = w.t.Delete(w.hash(key), key, w.now)
		}
		must(w, "Delete", err, nil)
		must(w, "Delete", ok, w.m.del(key, at, w.now))
	}
}

func (w *walk) sweep() {
	removed, more := w.t.Sweep(w.now, w.now)
	left := 0
	for _, e := range w.m.entries {
		if e.deadline > w.now {
			continue
		}
		if w.m.wasRemoved(e) {
			w.m.expire(e)
			removed--
		} else {
			left++
		}
	}
	must(w, "entries that Sweep counted but did not remove", removed, 0)
	if left > 0 && !more {
		w.Fatalf("Sweep left %d expired entries but reports none", left)
	}
}
