package embedded

import "github.com/lastmodstore/lastmodstore/replicated/embedded/internal/node"

// An Option changes how servers are started, here and in package servertest.
type Option func(*node.Config)

// SyncAlways makes the server flush each write to the disk before it acknowledges it. Without it a server flushes every two
// minutes: what it acknowledged survives the end of its process, but not the loss of power, unless other servers have it too.
func SyncAlways() Option { return func(c *node.Config) { c.SyncAlways = true } }

// Limits bounds what a server stores, in bytes. A limit of 0 leaves it to the server, which takes three quarters of what there
// is.
func Limits(memory, disk int64) Option {
	return func(c *node.Config) { c.MaxMemory, c.MaxStore = memory, disk }
}

// MaxPayload sets the size of the largest message, 1 MiB by default.
func MaxPayload(bytes int) Option { return func(c *node.Config) { c.MaxPayload = int32(bytes) } }

func apply(c node.Config, opts []Option) node.Config {
	for _, o := range opts {
		o(&c)
	}
	return c
}
