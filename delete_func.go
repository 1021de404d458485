package lastmodstore

// DeleteFunc removes the entries that match selects and returns how many it removed. Like
// a loop over All, it reads the store page by page and calls match exactly once for each
// entry that is live for the whole call. It calls match on the caller's goroutine and
// under no lock, so match may call the store.
//
// An entry is removed only in the version that match saw: one that is modified meanwhile
// stays, and is not counted (Touch modifies nothing). So when DeleteFunc returns without an
// error, no entry is left that was present before the call, has not been modified since,
// and would be selected.
// Entries stored during the call may or may not be seen. (In a store into which others
// Merge, an older entry of the same key that is merged after the version seen was removed
// is removed as well.)
//
// DeleteFunc is not a single step: others see the entries disappear one after another, and
// Watch and OnRemove report each as Deleted. Each removal costs one call of
// DeleteIfUnmodifiedSince. If such a call fails, DeleteFunc stops and returns the error
// with the number removed so far; what it removed stays removed. On a store that is closed,
// or is closed meanwhile, it returns [ErrClosed]. A panic in match reaches the caller.
func DeleteFunc[K comparable, V any](s Store[K, V], match func(key K, e Entry[V]) bool) (removed int, err error) {
	for key, e := range s.All() {
		if !match(key, e) {
			continue
		}
		ok, err := s.DeleteIfUnmodifiedSince(key, e.LastModified)
		if err != nil {
			return removed, err
		}
		if ok {
			removed++
		}
	}
	if isClosed(s) { // All ended early, or the store looked empty
		return removed, ErrClosed
	}
	return removed, nil
}
