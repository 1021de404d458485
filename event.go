package lastmodstore

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// EventKind is the kind of a change.
type EventKind uint8

// The kinds of change. [Watcher].Watch never reports Replaced and Cleared, and
// [Watcher].OnRemove never reports Modified, Resync and CaughtUp.
const (
	Modified EventKind = iota + 1 // the entry was stored
	Deleted                       // the entry was removed by key
	Expired                       // the entry was removed because its TTL had elapsed
	Evicted                       // the entry was removed to make room
	Replaced                      // another value was stored under the key
	Cleared                       // the entry was removed by Clear
	Resync                        // more has changed than the store remembers
	CaughtUp                      // everything that happened before the loop began has been yielded
)

// String returns the name of k.
func (k EventKind) String() string {
	names := [...]string{Modified: "Modified", Deleted: "Deleted", Expired: "Expired", Evicted: "Evicted",
		Replaced: "Replaced", Cleared: "Cleared", Resync: "Resync", CaughtUp: "CaughtUp"}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return fmt.Sprintf("EventKind(%d)", uint8(k))
}

// An Event is a change of one entry, or a mark in the feed: Resync or CaughtUp, of which
// only Kind and At are set.
type Event[K comparable, V any] struct {
	Kind  EventKind
	Key   K
	Entry Entry[V]  // for Modified, the entry as it is now; otherwise as it was when it was removed
	At    time.Time // when the change happened, on the same timeline as LastModified; a position
}

// Watcher is the part of a [Store] that reports changes.
type Watcher[K comparable, V any] interface {
	// Watch yields the changes made after since, ordered by time, and then waits
	// for more. The loop ends when ctx is done, when its body breaks, or when the
	// store is closed. The loop body may call the store.
	//
	// For each key, Watch yields the newest state after its position. It skips
	// states that were superseded before it looked, so it yields every key that
	// changed, but not every change. A slow watcher therefore costs nothing and
	// blocks nobody; a watcher has no buffer and no goroutine of its own.
	//
	// Each event's At is later than the previous one and is a position to resume
	// from: pass the last one received as since to continue after it. With the
	// zero since, Watch yields the live entries first, and then what follows.
	//
	// When everything that happened before the loop began has been yielded, Watch
	// yields CaughtUp, once: for each key stored or removed after since, the loop
	// has then received the state that the key had when the loop began, or a later
	// one. With the zero since, CaughtUp marks the end of the initial entries. It
	// is the first event if there are none. A loop body that is slower than the
	// writers delays it until they pause. CaughtUp also follows each later Resync.
	// Its At may be equal to the previous event's, and is the zero time if since
	// is zero and nothing has ever been stored (in a replicated store, when its log
	// was created).
	//
	// A watcher that asks for more than the store remembers first receives a
	// Resync event: removals may have been missed, so compare with All and then
	// continue the loop, in which CaughtUp follows. This happens if
	// since is not zero and predates the opening of the store (after a restart,
	// for example) or a Clear, lies in the store's future (a position of another
	// store), or is further back than the removal log reaches. The same happens
	// to a watcher that is that slow. The log begins with the first Watch, so a
	// removal before it shows as Resync, and remembers the last 1024 removals and
	// merges that arrived out of order. [RemovalLog] changes
	// that number and starts the log when the store is opened.
	//
	// Touch is not reported, because it changes only a deadline. Expired is
	// reported when the entry is removed, which may be after its deadline. A
	// merged entry that is older than the newest one is reported on arrival: At
	// is the time of arrival, and LastModified is the entry's own.
	//
	// Under continuous writes, waiting watchers are notified one after another,
	// possibly milliseconds apart.
	Watch(ctx context.Context, since time.Time) iter.Seq[Event[K, V]]

	// OnRemove registers fn to be called for each value that is removed from now
	// on, for example to release its resources. It is called exactly once per
	// value, in order, on a goroutine of its own and under no lock. Several
	// functions may be registered. Stats.PendingRemovals is the number of pending
	// calls.
	//
	// The reason why is Deleted, Expired, Evicted, Replaced or Cleared. An entry
	// that had expired when it was overwritten is reported as Expired. Touch, and
	// [ErrNotModified] returned to a Loader, keep the value and report nothing.
	// Entries that the store holds when it is closed are not reported.
	//
	// Calling stop ends the calls, except for one in progress. Close returns when
	// all removals so far have been delivered, so fn may call every method of the
	// store except Close. A panic in fn crashes the program, as in any goroutine.
	// An fn that calls [runtime.Goexit] is not called again.
	OnRemove(fn func(key K, e Entry[V], why EventKind)) (stop func())
}
