package lastmodstore

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotModified is what a [LoadFunc] returns to keep the present value: its
// source has nothing newer.
var ErrNotModified = errors.New("lastmodstore: not modified")

// ErrLoadTimeout is returned to the callers that wait for a load that took longer
// than [LoadTimeout]. It is a [context.DeadlineExceeded], too.
var ErrLoadTimeout = fmt.Errorf("lastmodstore: the load took longer than LoadTimeout: %w", context.DeadlineExceeded)

var errLoadExited = errors.New("lastmodstore: the load ended its goroutine (runtime.Goexit)")

// A PanicError is the panic of a load, returned as an error to all callers that
// waited for it.
type PanicError struct {
	Value any    // what the load panicked with
	Stack []byte // where it panicked
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("lastmodstore: the load panicked: %v\n%s", e.Value, e.Stack)
}

// Unwrap returns Value if it is an error, such as a [runtime.Error].
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// isCrash reports whether a load ended with err without returning.
func isCrash(err error) bool {
	_, panicked := err.(*PanicError)
	return panicked || err == errLoadExited
}
