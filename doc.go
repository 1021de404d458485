// Package lastmodstore provides a concurrent, in-process key-value store whose
// entries record when they were last modified and can expire.
//
// The interface [Store] is the contract. Two packages implement it and differ
// only in how they handle concurrency:
//
//   - package actor: one goroutine owns the map and serves requests sent to it
//     over a channel;
//   - package mutexstore: a [sync.RWMutex] guards the same map, and reads of a
//     single key do not take the lock.
//
// Both are opened in the same way, so switching engines changes one line:
//
//	s := actor.New[string, int](time.Minute)
//	defer s.Close()
//
// The functions of this package ([Update], [Add], [SetIfAbsent] and others) work
// with any Store. A [Loader] fills a store from a source, [Save] and [Load] write
// and read snapshots, and [Sharded] combines several stores into one.
//
// # TTLs
//
// A TTL is a [time.Duration]. Two values are special: [NoExpiry], which is 0, and
// [KeepTTL], which is -1. A TTL computed from a deadline by subtraction can equal
// one of them by accident, and the entry may then never expire. Compute such TTLs
// with [Until].
//
// # Time
//
// A store takes the time from the wall clock when it is opened, and from then on
// advances with the monotonic clock. It follows the wall clock forward, never
// backward: if a sweep, a Merge or (at most once a second) another write finds the
// wall clock more than a second ahead, for example after the machine was
// suspended, the store's time jumps to it. A wall clock that is set back neither
// delays an expiry nor affects the order of modifications.
//
// The times that a store returns are wall-clock times without a monotonic
// reading, exact to the nanosecond. They denote the same instant in another store,
// in a snapshot and in another process. If a time passed to a store has a
// monotonic reading, the store uses the earlier of its two readings. Times are
// limited to the years 1678 to 2262; a time outside that range, such as the zero
// time merged as a LastModified, is replaced by the nearest limit.
package lastmodstore
