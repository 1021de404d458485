package lastmodstore

import (
	"context"
	"iter"
	"time"
)

// Get implements [Reader]: it returns the value for key.
func (s *Sharded[K, V]) Get(key K) (V, bool) {
	return s.store.Get(key)
}

// GetEntry implements [Reader]: it returns the entry for key.
func (s *Sharded[K, V]) GetEntry(key K) (Entry[V], bool) {
	return s.store.GetEntry(key)
}

// GetLastModified implements [Reader]: it returns when the entry for key was last modified.
func (s *Sharded[K, V]) GetLastModified(key K) (time.Time, bool) {
	return s.store.GetLastModified(key)
}

// GetMany implements [Reader]: it returns the entries of several keys, as of a
// single instant in each shard.
func (s *Sharded[K, V]) GetMany(keys []K) map[K]Entry[V] {
	return s.store.GetMany(keys)
}

// Len implements [Reader]: it returns the number of entries in all shards.
func (s *Sharded[K, V]) Len() int {
	return s.store.Len()
}

// All implements [Reader]: it yields the live entries of all shards.
func (s *Sharded[K, V]) All() iter.Seq2[K, Entry[V]] {
	return s.store.All()
}

// ModifiedSince implements [Reader]: it yields the entries of all shards modified after
// t, oldest change first.
func (s *Sharded[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, Entry[V]] {
	return s.store.ModifiedSince(t)
}

// Stats implements [Reader]: it adds up the counters of the shards, but LongestSweepStep is
// their maximum.
func (s *Sharded[K, V]) Stats() Stats {
	return s.store.Stats()
}

// Done implements [Reader]: it returns a channel that is closed when s is closed.
func (s *Sharded[K, V]) Done() <-chan struct{} {
	return s.store.Done()
}

// Set implements [Writer]: it stores value under key.
func (s *Sharded[K, V]) Set(key K, value V, ttl time.Duration) error {
	return s.store.Set(key, value, ttl)
}

// SetMany implements [Writer]: it stores all values, visible as a whole in each shard.
func (s *Sharded[K, V]) SetMany(values map[K]V, ttl time.Duration) error {
	return s.store.SetMany(values, ttl)
}

// SetIfUnmodifiedSince implements [Writer]: it stores value if the key's entry was
// last modified at or before t.
func (s *Sharded[K, V]) SetIfUnmodifiedSince(key K, value V, ttl time.Duration, t time.Time) (Entry[V], bool, error) {
	return s.store.SetIfUnmodifiedSince(key, value, ttl, t)
}

// Add implements [Writer]: it adds delta to the number stored under key.
func (s *Sharded[K, V]) Add(key K, delta V, ttl time.Duration) (Entry[V], error) {
	return s.store.Add(key, delta, ttl)
}

// Touch implements [Writer]: it sets a new deadline for the entry of key.
func (s *Sharded[K, V]) Touch(key K, ttl time.Duration) (bool, error) {
	return s.store.Touch(key, ttl)
}

// Delete implements [Writer]: it removes the entry for key.
func (s *Sharded[K, V]) Delete(key K) (bool, error) {
	return s.store.Delete(key)
}

// GetAndDelete implements [Writer]: it removes the entry for key and returns it.
func (s *Sharded[K, V]) GetAndDelete(key K) (Entry[V], bool, error) {
	return s.store.GetAndDelete(key)
}

// DeleteIfUnmodifiedSince implements [Writer]: it removes the entry for key if it was
// last modified at or before t.
func (s *Sharded[K, V]) DeleteIfUnmodifiedSince(key K, t time.Time) (bool, error) {
	return s.store.DeleteIfUnmodifiedSince(key, t)
}

// Merge implements [Writer]: it stores e as given if it is newer than the present entry.
func (s *Sharded[K, V]) Merge(key K, e Entry[V]) (bool, error) {
	return s.store.Merge(key, e)
}

// Clear implements [Writer]: it removes all entries, at a single instant in each shard.
func (s *Sharded[K, V]) Clear() error {
	return s.store.Clear()
}

// Cleanup implements [Writer]: it removes the expired entries of one shard after another.
func (s *Sharded[K, V]) Cleanup() int {
	return s.store.Cleanup()
}

// Watch implements [Watcher]: it yields the changes of all shards, ordered by time.
func (s *Sharded[K, V]) Watch(ctx context.Context, since time.Time) iter.Seq[Event[K, V]] {
	return s.store.Watch(ctx, since)
}

// OnRemove implements [Watcher]: it calls fn for each removed value, from several
// goroutines, one call at a time.
func (s *Sharded[K, V]) OnRemove(fn func(key K, e Entry[V], why EventKind)) (stop func()) {
	return s.store.OnRemove(fn)
}

// Close closes all shards: see [Store].
func (s *Sharded[K, V]) Close() error {
	return s.store.Close()
}
