// Package look lets package lastmodstore ask an engine's Watch not to wait.
package look

import "context"

type key struct{}

// With is a context for a Watch that shall not wait: whenever it has caught up
// it yields an event of kind 0, whose At is the latest time of which it knows
// everything, and goes on when it is asked for the next one.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// On says whether ctx comes from With.
func On(ctx context.Context) bool { return ctx.Value(key{}) != nil }
