package lastmodstore

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// EventKind is what happened to an entry.
type EventKind uint8

// The kinds. Replaced and Cleared are reported to OnRemove alone, Modified and
// Resync by Watch alone.
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
	Entry Entry[V]  // Modified: as it is now; otherwise as it was when it was removed
	At    time.Time // when it happened, on the LastModified timeline
}

// Watcher is the change feed of a [Store].
type Watcher[K comparable, V any] interface {
	// Watch yields what happens after since, in order of time, and waits for
	// more. For each key it yields the newest state after its position; states
	// that were superseded before it looked are skipped. So a slow watcher costs
	// nothing and blocks nobody: it has no buffer and no goroutine of its own.
	// The loop body may call the store.
	//
	// With the zero since, the live entries come first and then what follows.
	// Each event's At is later than the previous one and is a position to resume
	// from: pass it as since. A Merge of an entry that is older than the newest
	// one is reported on arrival, with that time as At; its LastModified is its
	// own. Touch is not reported: like ModifiedSince and Merge, the feed carries
	// modifications, and Touch changes only a deadline. Expired is reported when
	// the entry is removed, which may be after its deadline.
	//
	// A watcher that asks for more than is remembered first receives Resync,
	// which carries nothing but its At: compare with All, then go on. That is so
	// if since lies before the opening of the store (after a restart, say) or ahead
	// of all its times, before a Clear, or further back than the removal log: from the first Watch on, the
	// store remembers as many removals, and merges that arrived out of order, as
	// [RemovalLog] says, or 1024. Removals before the first Watch are remembered
	// only with that option.
	//
	// The loop ends when ctx does, when its body breaks or when the store closes.
	// While a writer does not stop, waiting watchers are notified in turns, which
	// may be milliseconds apart.
	Watch(ctx context.Context, since time.Time) iter.Seq[Event[K, V]]

	// OnRemove calls fn for each value that is removed from now on, exactly once,
	// in order, on a goroutine of its own, under no lock: to release resources.
	// Why is Deleted, Expired, Evicted, Replaced or Cleared; an entry that had
	// expired when it was overwritten is Expired. Touch and a Loader's
	// [ErrNotModified] keep the value and report nothing. Several functions may
	// be registered. Stats.PendingRemovals is how many calls are due.
	//
	// Stop ends the calls, except for one in progress. Close returns when all
	// removals so far have been delivered; so fn may call every method of the
	// store but Close. What the store holds when it closes is not removed. A
	// panic in fn crashes the program, as in any goroutine; an fn that calls
	// runtime.Goexit is called no more.
	OnRemove(fn func(key K, e Entry[V], why EventKind)) (stop func())
}
