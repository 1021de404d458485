// Package lastmodstore defines a concurrent in-process key-value store whose
// entries remember when they were last modified and may expire.
//
// The contract is the interface [Store]. Two engines implement it, and they
// differ in nothing but how they handle concurrency:
//
//   - package actor: one goroutine owns the map and serves request messages;
//   - package mutexstore: the same map behind a [sync.RWMutex], without which
//     single keys are read.
//
// Both are opened in the same way, so that changing the engine changes one line:
//
//	s := actor.New[string, int](time.Minute)
//	defer s.Close()
//
// The functions of this package ([Update], [Add], [SetIfAbsent] and others) work
// on any Store, and so do a [Loader], which fills one from a source, and
// snapshots ([Save], [Load]). [Sharded] makes one store of several.
//
// # TTLs
//
// A TTL is a duration; [NoExpiry], which is 0, and [KeepTTL], which is -1, have
// meanings of their own. A TTL that is computed from a deadline can reach those
// values by accident, and then means "forever": use [Until].
//
// # Time
//
// A store's timeline begins at the wall clock as it stands when the store is
// opened, and the monotonic clock carries it on. It follows the wall clock
// forward and never goes backward: a sweep, a Merge or, at most once a second,
// another write that finds the wall clock more than a second ahead, as after the
// machine was suspended, moves the timeline there. A wall clock that is set back
// neither delays an expiry nor disturbs the order of modifications.
//
// The times that a store returns are wall-clock times without a monotonic
// reading, exact to the nanosecond: they mean the same in another store, in a
// snapshot and in another process. Of a time that has a monotonic reading, a
// store takes the earlier of its two readings. Times are kept within the years
// 1678 to 2262; a time outside, such as the zero time merged as a LastModified,
// is taken as the limit.
package lastmodstore
