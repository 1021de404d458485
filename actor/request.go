package actor

import (
	"container/ring"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/engine"
	"github.com/lastmodstore/lastmodstore/internal/table"
)

type op uint8

const (
	opGet op = iota
	opGetEntry
	opGetLastModified
	opGetMany
	opLen
	opStats
	opPeek
	opScan
	opChanges
	opSet
	opSetMany
	opSetIf
	opAdd
	opAddTo
	opTouch
	opDelete
	opGetAndDelete
	opDeleteIf
	opMerge
	opClear
	opWatch
	opUnwatch
	opListen
	opUnlisten
	opRemovals
	opSweep
	opJoin
	opLast
	opFeed
	opCountCleared
	opClose
)

// A request is a message to the owner and carries the results back. The caller owns
// it until it is in the mailbox, and again from the reply on.
type request[K comparable, V any] struct {
	reply chan struct{} // the owner sends once; never closed
	store *Store[K, V]  // whose pool Wait returns it to; set for an engine.Pending

	op   op
	ok   bool // result; opSweep: whether there may be more
	hash uint32
	key  K
	err  error // result

	value V             // opSet and others: argument; opGet: result
	sum   *table.Sum[V] // opAddTo
	ttl   time.Duration // writes
	time  time.Time     // the condition; GetLastModified: result
	entry lastmodstore.Entry[V]
	copy  table.Copy[V] // result of writes; the caller converts it to an Entry

	weight  uint64               // of value or entry, with MaxWeight
	joint   *engine.Joint        // opJoin
	cutoff  int64                // opSweep
	last    int64                // opLast: result
	n       int                  // opLen, opSweep: result; opCountCleared: argument
	cleared *table.Cleared[K, V] // opClear: result

	lookups     []table.Lookup[V] // GetMany: filled in, one for each of keys
	keys        []K
	assignments []table.Assignment[K, V] // SetMany
	page        *table.Page[K, V]        // All, ModifiedSince: filled in
	stats       *lastmodstore.Stats      // filled in

	feed     *table.Feed[K, V]     // opWatch, opFeed: filled in
	node     ring.Ring             // opWatch: its element in a queue of watchers
	target   *request[K, V]        // opUnwatch: the opWatch to end, if it still waits
	listener *listener[K, V]       // opListen, opUnlisten, opRemovals
	removals []table.Removal[K, V] // opRemovals: result
}

// serve applies r to t and fills in the results. It runs on the owner's goroutine.
func (r *request[K, V]) serve(t *table.Table[K, V], now int64) {
	switch r.op {
	case opGet:
		value, deadline, result := t.Get(r.hash, r.key)
		if r.ok = result == table.Present && now < deadline; r.ok {
			r.value = value
		}
		t.CountRead(r.ok)
	case opGetEntry:
		r.entry, r.ok = t.GetEntry(r.hash, r.key, now)
	case opGetLastModified:
		r.time, r.ok = t.GetLastModified(r.hash, r.key, now)
	case opGetMany:
		t.GetMany(r.keys, r.lookups, now)
	case opLen:
		r.n = t.Len()
	case opStats:
		*r.stats = t.Stats()
	case opPeek:
		r.entry, r.ok = t.Peek(r.hash, r.key, now)
	case opScan:
		t.Scan(r.page, now)
	case opChanges:
		t.Changes(r.page, now)
	case opSet:
		t.Weigh(r.weight)
		r.err = t.Set(r.hash, r.key, r.value, r.ttl, now)
	case opSetMany:
		r.err = t.SetMany(r.assignments, r.ttl, now)
	case opSetIf:
		t.Weigh(r.weight)
		r.ok, r.err = t.SetIfUnmodifiedSince(r.hash, r.key, r.value, r.ttl, r.time, now, &r.copy)
	case opAddTo:
		r.ok, r.err = t.AddTo(r.sum, r.hash, r.key, r.value, r.ttl, now, &r.copy)
	case opAdd:
		r.err = t.Add(r.hash, r.key, r.value, r.ttl, now, &r.copy)
	case opTouch:
		r.ok, r.err = t.Touch(r.hash, r.key, r.ttl, now)
	case opDelete:
		r.ok, r.err = t.Delete(r.hash, r.key, now)
	case opGetAndDelete:
		r.ok, r.err = t.GetAndDelete(r.hash, r.key, now, &r.copy)
	case opDeleteIf:
		r.ok, r.err = t.DeleteIfUnmodifiedSince(r.hash, r.key, r.time, now)
	case opMerge:
		t.Weigh(r.weight)
		r.ok, r.err = t.Merge(r.hash, r.key, r.entry, now)
	case opClear:
		cleared := t.Clear(now)
		r.cleared = &cleared
	case opCountCleared:
		t.CountCleared(r.n)
	case opLast:
		r.last = t.Last()
	case opFeed:
		t.Watch(r.feed, now)
	}
}
