package replicated

import "errors"

var (
	// ErrUnavailable is returned by a write that was not stored and never will be: the
	// log could not be reached in time, or refused it.
	ErrUnavailable = errors.New("replicated: the log is unavailable: the write was not stored")

	// ErrUncertain is returned by a write that may have been stored, or may still be:
	// it was sent, and its result did not arrive in time. Read the entry to find out.
	ErrUncertain = errors.New("replicated: the log did not confirm in time: the write may have been stored")

	// ErrDiverged is returned by every write, and shown by [Store.Health], after the log
	// has turned out not to be the one from which this node's state was built: it was
	// deleted, recreated or truncated, or holds what is no command. The node keeps its
	// last state. Open the store again to join the log as it is now.
	ErrDiverged = errors.New("replicated: the log is not the one that this node has followed: open the store again")

	// ErrIncompatible is returned by [Open] for a store that was created with other
	// settings, types or codecs.
	ErrIncompatible = errors.New("replicated: the store was created with other settings")

	// ErrTooLarge is returned by a write that does not fit into one message of the log.
	// Nothing was sent.
	ErrTooLarge = errors.New("replicated: the write is too large for one message of the log")

	// ErrCodec is returned by a write whose key or value the codec does not preserve.
	// Nothing was sent.
	ErrCodec = errors.New("replicated: the codec does not preserve the key or the value")
)
