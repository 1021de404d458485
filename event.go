package lastmodstore

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// EventKind says what happened to an entry.
type EventKind uint8

// The kinds. Replaced and Cleared come to OnRemove alone, Modified and Resync
// to Watch alone.
const (
	Modified EventKind = iota + 1 // it was stored
	Deleted                       // it was removed by key
	Expired                       // it was removed because its TTL had elapsed
	Evicted                       // it was removed to make room
	Replaced                      // another value was stored under its key
	Cleared                       // it was removed by Clear
	Resync                        // more happened than is remembered
)

func (k EventKind) String() string {
	names := [...]string{Modified: "Modified", Deleted: "Deleted", Expired: "Expired", Evicted: "Evicted",
		Replaced: "Replaced", Cleared: "Cleared", Resync: "Resync"}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return fmt.Sprintf("EventKind(%d)", uint8(k))
}

// An Event is a change of one entry.
type Event[K comparable, V any] struct {
	Kind  EventKind
	Key   K
	Entry Entry[V]  // Modified: as it is now; otherwise: as it was when it was removed
	At    time.Time // when it happened, on the LastModified timeline
}

// Watcher is the change feed of a [Store].
type Watcher[K comparable, V any] interface {
	// Watch yields what happens after since, in order of time, and waits for
	// more. The store keeps no buffer for it: a watcher is a position in the
	// order of modifications. It sees, for each key, the newest state after its
	// position; changes that were overtaken before it looked are skipped. So a
	// slow watcher costs nothing and blocks nobody. The loop body may call the
	// store. Beside a writer that does not stop, several watchers are told in
	// turns, which may be milliseconds apart.
	//
	// Each event's At is later than the one before, and is a position to resume
	// from: pass it as since. With the zero since the live entries come first,
	// then what follows. Merge of an entry that is older than the newest one
	// comes when it arrives, with that time as At; its LastModified is its own.
	// Touch changes no entry in this sense.
	//
	// Removals are remembered as far back as RemovalLog says, and so are merges
	// that fell behind the newest entry. A watcher that asks for more than is
	// remembered gets one Resync first, which says no more than its At: compare
	// with All, then go on. Clear forgets all, so it is seen as Resync. An entry
	// is seen Expired when it is removed, which may be after its deadline.
	//
	// The loop ends when ctx does, when its body breaks or when the store
	// closes, and leaves no goroutine behind.
	Watch(ctx context.Context, since time.Time) iter.Seq[Event[K, V]]

	// OnRemove calls fn for each value that is removed from now on, exactly once,
	// in order, on a goroutine of its own, outside every lock: to hand resources
	// back. Why is Deleted, Expired, Evicted, Replaced or Cleared; an entry that
	// had expired when it was overwritten is Expired. Several may be registered.
	//
	// Stop ends one: fn is not called again, but for a call in progress. Close
	// returns when all removals so far have been handed over; so fn may call
	// every method of the store but Close. What the store holds when it closes is
	// not removed. A panic in fn is the program's, as in any goroutine.
	OnRemove(fn func(key K, e Entry[V], why EventKind)) (stop func())
}
