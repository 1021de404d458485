// Package lastmodstore defines a concurrent in-process key-value store whose
// entries remember when they were last modified and may expire.
//
// The contract is the interface [Store]. Two engines keep it, and nothing
// differs between them but how concurrency is handled:
//
//   - package actor: one goroutine owns the map and serves request messages;
//   - package mutexstore: the same map behind a [sync.RWMutex].
//
// Both are opened alike, so that changing the engine changes one line:
//
//	s := actor.New[string, int](time.Minute)
//	defer s.Close()
//
// The functions of this package ([Update], [Add], [SetIfAbsent] and the
// others) work on any Store, and so do a [Loader], which fills one from a
// source, and snapshots ([Save], [Load]). [Sharded] makes one store of several.
//
// # Time
//
// A store's timeline is the wall clock as it stood when the store was opened,
// carried on by the monotonic clock. A wall clock that is set back or forward
// later neither expires an entry nor disturbs the order of modifications; the
// price is that LastModified then differs from the new wall clock by that step,
// and that Merge takes entries of other clocks for skewed if it was more than a
// minute forward, as after a suspend: then open a new store.
// Times are kept in nanoseconds within 292 years of the opening; a time beyond
// that, such as the zero time merged as a LastModified, is taken as the limit.
package lastmodstore
