// Package oracle implements [lastmodstore.Store] as simply as possible, for
// comparison: a slice in order of modification, searched from one end to the other.
// It shares no code with the engines' table, so that they do not share a fault. It
// is not safe for concurrent use.
package oracle

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/number"
)

type item[K comparable, V any] struct {
	key        K
	e          lastmodstore.Entry[V]
	weight     int  // of e.Value, with MaxWeight
	read       bool // since SIEVE's hand passed
	outOfOrder bool // merged out of order: later than something that was modified after it
}

// Oracle is a store. It removes expired entries at the first call after a tick of
// its cleanup interval.
type Oracle[K comparable, V any] struct {
	config   config.Config
	weigh    func(K, V) int // nil without MaxWeight
	interval time.Duration
	opened   time.Time
	ticks    int64
	closed   bool
	done     chan struct{}  // closed when closed
	sum      func(a, b V) V // nil: V is not a number

	items       []*item[K, V]     // in order of LastModified
	hand        *item[K, V]       // nil: at the first
	replicated  bool              // reads do not influence writes
	ahead       time.Duration     // how far ahead a position may be
	last        time.Time         // the latest time given, also to removals
	given       time.Time         // the latest LastModified given or merged
	batch       time.Time         // of a SetMany in progress: the first time it may give
	engineStamp func(K) time.Time // the engine's LastModified of a key
	loose       *looseness[K]     // nil: an engine by itself
	stats       lastmodstore.Stats
	feed[K, V]
}

var _ lastmodstore.Store[string, int] = (*Oracle[string, int])(nil)

// New opens an oracle.
func New[K comparable, V any](interval time.Duration, opts ...lastmodstore.Option) *Oracle[K, V] {
	o := &Oracle[K, V]{config: config.New(opts), interval: interval, opened: time.Now(), done: make(chan struct{}), sum: number.Sum[V]()}
	o.weigh, _ = o.config.Weigher.(func(K, V) int)
	// The timeline begins when the store is opened: nothing from before is remembered.
	o.horizon = o.opened
	o.last, o.given, o.watermark = earliest, earliest, earliest
	o.remembers = o.config.RetainRemovals
	return o
}

// Replicate makes o, which is unused, a node of a replicated store: its reads do not
// influence its writes.
func (o *Oracle[K, V]) Replicate() {
	o.replicated, o.remembers, o.ahead = true, true, time.Second
	o.last = o.opened
}

// A store's times are int64 nanoseconds since 1970. Times outside are taken as the
// limit; an entry that would expire at the latest one does not expire.
var (
	earliest = time.Unix(0, math.MinInt64)
	latest   = time.Unix(0, math.MaxInt64)
)

// begin performs the sweeps that are due and returns the clock reading of a call.
func (o *Oracle[K, V]) begin() (now time.Time) {
	now = time.Now()
	if o.interval == 0 || o.closed {
		return now
	}
	for ticks := int64(now.Sub(o.opened) / o.interval); o.ticks < ticks; {
		o.ticks++
		o.stats.Sweeps++
		o.sweep(o.opened.Add(time.Duration(o.ticks) * o.interval))
	}
	return now
}

// sweep removes what has expired, in order of deadline.
func (o *Oracle[K, V]) sweep(now time.Time) (removed int) {
	byDeadline := func(a, b *item[K, V]) int { return a.e.ExpiresAt.Compare(b.e.ExpiresAt) }
	for _, it := range slices.SortedStableFunc(slices.Values(o.items), byDeadline) {
		if expired(it, now) {
			o.expire(it, now)
			removed++
		}
	}
	return removed
}

func expired[K comparable, V any](it *item[K, V], now time.Time) bool {
	return !it.e.ExpiresAt.IsZero() && !now.Before(it.e.ExpiresAt)
}

func (o *Oracle[K, V]) find(key K) *item[K, V] {
	for _, it := range o.items {
		if it.key == key {
			return it
		}
	}
	return nil
}

// present returns the live entry of key for a read, or nil.
func (o *Oracle[K, V]) present(key K, now time.Time) *item[K, V] {
	it := o.find(key)
	if it != nil && expired(it, now) {
		it = nil
	}
	switch {
	case it != nil:
		it.read = !o.replicated
		if o.config.CountReads {
			o.stats.Hits++
		}
	case o.config.CountReads && !o.closed:
		o.stats.Misses++
	}
	return it
}

// live returns the live entry of key for a write, or nil, and removes an expired one.
func (o *Oracle[K, V]) live(key K, now time.Time) *item[K, V] {
	it := o.find(key)
	if it != nil && expired(it, now) {
		o.expire(it, now)
		return nil
	}
	return it
}

func (o *Oracle[K, V]) expire(it *item[K, V], now time.Time) {
	o.noteExpired(it.key, it.e.LastModified, it.e.ExpiresAt)
	o.remove(it, lastmodstore.Expired, now)
	o.stats.Expirations++
}

// tick takes a time for an event.
func (o *Oracle[K, V]) tick(now time.Time) {
	o.last = later(now, later(o.last, o.watermark).Add(1))
}

// stamp returns the LastModified of a modification of key. An unbounded engine may
// have removed expired entries first, each with a time of its own: there the engine's
// own LastModified is taken, if it is close.
func (o *Oracle[K, V]) stamp(key K, now time.Time) time.Time {
	o.tick(now)
	if o.loose != nil {
		return o.looseStamp(key, now)
	}
	if o.engineStamp != nil && !o.bounded() {
		if at := o.engineStamp(key); at.After(o.given) && !at.Before(now) && at.Before(o.last.Add(time.Microsecond)) {
			o.last = at
		}
	}
	o.given = o.last
	return o.last
}

func (o *Oracle[K, V]) remove(it *item[K, V], why lastmodstore.EventKind, now time.Time) {
	o.unlink(it)
	o.tick(now)
	o.record(why, it)
	o.notify(it, why)
}

func (o *Oracle[K, V]) unlink(it *item[K, V]) {
	i := slices.Index(o.items, it)
	o.items = slices.Delete(o.items, i, i+1)
	if o.hand == it {
		if o.hand = nil; i < len(o.items) {
			o.hand = o.items[i]
		}
	}
}

func check[K comparable](key K, ttl time.Duration) error {
	switch {
	case key != key: //nolint:staticcheck // NaN
		return lastmodstore.ErrInvalidKey
	case ttl < 0 && ttl != lastmodstore.KeepTTL:
		return lastmodstore.ErrInvalidTTL
	}
	return nil
}

// put stores value in it, or in a new item if it is nil.
func (o *Oracle[K, V]) put(it *item[K, V], key K, value V, ttl time.Duration, now time.Time) (lastmodstore.Entry[V], error) {
	if err := o.roomForWeight(it, key, value, now); err != nil {
		return lastmodstore.Entry[V]{}, err
	}
	if it == nil {
		if err := o.room(now); err != nil {
			return lastmodstore.Entry[V]{}, err
		}
		it = &item[K, V]{key: key}
	} else {
		o.notify(it, lastmodstore.Replaced)
		o.unlink(it)
	}
	it.outOfOrder = false
	it.e.Value, it.e.LastModified = value, o.stamp(key, now)
	it.weight = o.weightOf(key, value)
	o.link(it)
	o.renew(it, ttl, now)
	o.stats.Sets++
	return it.e, nil
}

// link inserts it after all entries that are not newer.
func (o *Oracle[K, V]) link(it *item[K, V]) {
	i := len(o.items)
	for i > 0 && o.items[i-1].e.LastModified.After(it.e.LastModified) {
		i--
	}
	o.items = slices.Insert(o.items, i, it)
}

func (o *Oracle[K, V]) renew(it *item[K, V], ttl time.Duration, now time.Time) {
	switch {
	case ttl == lastmodstore.KeepTTL:
	case ttl == lastmodstore.NoExpiry, ttl >= latest.Sub(now): // would overflow
		it.e.TTL, it.e.ExpiresAt = lastmodstore.NoExpiry, time.Time{}
	default:
		it.e.TTL, it.e.ExpiresAt = ttl, now.Add(ttl)
	}
}

// All yields the live entries in order of modification.
func (o *Oracle[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return o.ModifiedSince(time.Time{})
}

// ModifiedSince yields the live entries that were modified after t.
func (o *Oracle[K, V]) ModifiedSince(t time.Time) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		now := o.begin()
		for _, it := range slices.Clone(o.items) {
			if it.e.LastModified.After(t) && !expired(it, now) && !yield(it.key, it.e) {
				return
			}
		}
	}
}
