// Package slogwatch logs the changes of a [lastmodstore.Store] to a [slog.Logger].
//
// [Run] watches a store and logs each change with its key, times and TTL: at level Info
// that an entry was stored, deleted or evicted, at level Debug that it expired, and at
// level Warn that changes were missed ([lastmodstore.Resync]). [Level] changes these
// levels. Keys are always logged. Values may be secret or large, so they are logged only
// with the option [Values].
//
// A slow handler costs nothing but completeness: no write waits for it, and nothing is
// buffered. Of a key that changes several times meanwhile, only the newest state is
// logged. If more is removed meanwhile than the store remembers (see
// [lastmodstore.RemovalLog]), a record says between which times changes were missed. Touch
// is never logged.
//
// A [slog.Logger] ignores the errors of its handler, so a record that the handler fails to
// write is lost. Run starts no goroutine. It may run several times concurrently, also with
// one logger.
package slogwatch

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

type config struct {
	values bool
	levels map[lastmodstore.EventKind]slog.Level
}

// An Option changes what Run logs.
type Option func(*config)

// Values logs values too. A value that implements [slog.LogValuer] decides what is shown.
func Values() Option { return func(c *config) { c.values = true } }

// Level sets the level of a kind of change.
func Level(kind lastmodstore.EventKind, level slog.Level) Option {
	return func(c *config) { c.levels[kind] = level }
}

// Run logs the changes of s made after since, and then those that follow, until ctx ends
// or s is closed. With the zero since it logs the live entries first. With [time.Now] it
// logs only what follows, in a replicated store by the clock of its log.
//
// Run returns the position up to which it has logged, from which another Run continues,
// and the cause of the end of ctx or [lastmodstore.ErrClosed].
func Run[K comparable, V any](ctx context.Context, s lastmodstore.Watcher[K, V], since time.Time, logger *slog.Logger, opts ...Option) (time.Time, error) {
	c := config{levels: map[lastmodstore.EventKind]slog.Level{
		lastmodstore.Expired: slog.LevelDebug,
		lastmodstore.Resync:  slog.LevelWarn,
	}}
	for _, apply := range opts {
		apply(&c)
	}
	for e := range s.Watch(ctx, since) {
		if level := c.levels[e.Kind]; logger.Enabled(ctx, level) {
			switch e.Kind {
			case lastmodstore.Resync:
				logger.LogAttrs(ctx, level, "changes missed", slog.Time("after", since), slog.Time("at", e.At))
			case lastmodstore.Modified, lastmodstore.Deleted, lastmodstore.Expired, lastmodstore.Evicted:
				logger.LogAttrs(ctx, level, "entry "+strings.ToLower(e.Kind.String()), attributes(c, e)...)
			}
		}
		since = e.At
	}
	if ctx.Err() != nil {
		return since, context.Cause(ctx)
	}
	return since, lastmodstore.ErrClosed
}

func attributes[K comparable, V any](c config, e lastmodstore.Event[K, V]) []slog.Attr {
	attrs := append(make([]slog.Attr, 0, 6), slog.Any("key", e.Key), slog.Time("at", e.At), slog.Time("last_modified", e.Entry.LastModified))
	if !e.Entry.ExpiresAt.IsZero() {
		attrs = append(attrs, slog.Duration("ttl", e.Entry.TTL), slog.Time("expires_at", e.Entry.ExpiresAt))
	}
	if c.values {
		attrs = append(attrs, slog.Any("value", e.Entry.Value))
	}
	return attrs
}
