package lastmodstore

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotModified is returned by a [LoadFunc] to keep the present value because the
// source has nothing newer. If there is no present entry, the load fails with it.
var ErrNotModified = errors.New("lastmodstore: not modified: a LoadFunc may return this only if there is a present entry")

// ErrNotFound is returned by a [LoadFunc] if the source has no value for the key, and
// stands for each key that a [LoadManyFunc] leaves out. Get and GetFresh return it, and
// GetMany leaves the key out of its result. An entry that was present when the load began
// is deleted, unless it was modified since. It is no failure that [OnLoadError] reports,
// but [RetryAfter] remembers it: the source is not asked again before.
var ErrNotFound = errors.New("lastmodstore: not found: the source has no value for the key")

// ErrLoadTimeout is returned to the callers of a load that took longer than
// [LoadTimeout]. It wraps [context.DeadlineExceeded].
var ErrLoadTimeout = fmt.Errorf("lastmodstore: the load took longer than LoadTimeout: %w", context.DeadlineExceeded)

var errLoadExited = errors.New("lastmodstore: the load ended its goroutine (runtime.Goexit)")

// A PanicError is the panic of a load: of the load function, or of the store when the
// Loader wrote to it, such as the panic of a [MaxWeight] weigher. All callers that waited
// for the load receive it as an error. In a [LoadManyFunc], a panic fails all keys of the
// call; in the store, only the key that was written.
type PanicError struct {
	Value any    // what the load panicked with
	Stack []byte // where it panicked
}

// Error returns a message with the value and the stack of the panic.
func (e *PanicError) Error() string {
	return fmt.Sprintf("lastmodstore: the load panicked: %v\n%s", e.Value, e.Stack)
}

// Unwrap returns Value if it is an error, such as a [runtime.Error], and otherwise
// nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// isNotFound reports whether err means that the source has no value.
func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) && !isCrash(err) }

// isCrash reports whether err means that a load ended without returning.
func isCrash(err error) bool {
	_, panicked := err.(*PanicError)
	return panicked || err == errLoadExited
}
