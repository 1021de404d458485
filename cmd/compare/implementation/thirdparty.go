package implementation

import (
	"time"

	theine "github.com/Yiling-J/theine-go"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jellydator/ttlcache/v3"
	"github.com/maypok86/otter/v2"
	gocache "github.com/patrickmn/go-cache"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// ThirdParty is the kind of a cache of another project.
const ThirdParty = "third-party cache"

func thirdParty() []Implementation {
	return []Implementation{
		cache("otter", "github.com/maypok86/otter/v2", "ExpiryWriting; SetExpiresAfter where TTLs differ; MaximumSize only where there is a capacity; Compute updates", openOtter[int], openOtter[Kilobyte]),
		cache("ttlcache", "github.com/jellydator/ttlcache/v3", "WithDisableTouchOnHit, so that a read does not extend a TTL", openTTLCache[int], openTTLCache[Kilobyte]),
		cache("go-cache", "github.com/patrickmn/go-cache", "its janitor sweeps at the interval; IncrementInt adds", openGoCounter, openGoCache[Kilobyte]),
		cache("golang-lru", "github.com/hashicorp/golang-lru/v2", "expirable.NewLRU: one TTL for all entries", openLRU[int], openLRU[Kilobyte]),
		cache("theine", "github.com/Yiling-J/theine-go", "SetWithTTL; it needs a capacity", openTheine[int], openTheine[Kilobyte]),
		cache("ristretto", "github.com/dgraph-io/ristretto/v2", "stores hashes instead of keys and may drop writes; it needs a capacity", openRistretto[int], openRistretto[Kilobyte]),
	}
}

func cache(name, path, about string, small func(Options) (Store[int], error), large func(Options) (Store[Kilobyte], error)) Implementation {
	return Implementation{Implementation: result.Implementation{Name: name, Kind: ThirdParty, Version: version(path), About: about}, Small: small, Large: large}
}

type otterCache[V any] struct {
	*otter.Cache[string, V]
	ownTTLs bool
}

func openOtter[V any](o Options) (Store[V], error) {
	c, err := otter.New(&otter.Options[string, V]{MaximumSize: o.MaxEntries, ExpiryCalculator: otter.ExpiryWriting[string, V](o.TTL)})
	return otterCache[V]{c, o.OwnTTLs}, err
}

func (c otterCache[V]) Get(key string) (V, bool) { return c.GetIfPresent(key) }

func (c otterCache[V]) Set(key string, value V, ttl time.Duration) error {
	c.Cache.Set(key, value)
	if c.ownTTLs {
		c.SetExpiresAfter(key, ttl)
	}
	return nil
}

// Update runs fn under the lock of the key's bucket.
func (c otterCache[V]) Update(key string, ttl time.Duration, fn func(V, bool) V) error {
	c.Compute(key, func(old V, ok bool) (V, otter.ComputeOp) { return fn(old, ok), otter.WriteOp })
	if c.ownTTLs {
		c.SetExpiresAfter(key, ttl)
	}
	return nil
}

func (c otterCache[V]) Len() int { return c.EstimatedSize() }
func (c otterCache[V]) Settle()  { c.CleanUp() }

func (c otterCache[V]) Each(body func(string, V)) {
	for k, v := range c.All() {
		body(k, v)
	}
}

func (c otterCache[V]) Close() error {
	c.StopAllGoroutines()
	return nil
}

type ttlCache[V any] struct {
	*ttlcache.Cache[string, V]
	started bool
}

func openTTLCache[V any](o Options) (Store[V], error) {
	options := []ttlcache.Option[string, V]{ttlcache.WithDisableTouchOnHit[string, V]()}
	if o.MaxEntries > 0 {
		options = append(options, ttlcache.WithCapacity[string, V](uint64(o.MaxEntries)))
	}
	c := ttlCache[V]{ttlcache.New(options...), o.Interval > 0}
	if c.started {
		go c.Start()
	}
	return c, nil
}

func (c ttlCache[V]) Get(key string) (value V, ok bool) {
	if item := c.Cache.Get(key); item != nil {
		return item.Value(), true
	}
	return value, false
}

func (c ttlCache[V]) Set(key string, value V, ttl time.Duration) error {
	c.Cache.Set(key, value, ttl)
	return nil
}

func (c ttlCache[V]) Each(body func(string, V)) {
	c.Range(func(item *ttlcache.Item[string, V]) bool {
		body(item.Key(), item.Value())
		return true
	})
}

func (c ttlCache[V]) Close() error {
	if c.started { // otherwise Stop blocks forever
		c.Stop()
	}
	return nil
}

type goCache[V any] struct{ *gocache.Cache }

func openGoCache[V any](o Options) (Store[V], error) {
	if o.MaxEntries > 0 {
		return nil, noCapacity
	}
	return goCache[V]{gocache.New(gocache.NoExpiration, o.Interval)}, nil
}

func (c goCache[V]) Get(key string) (value V, ok bool) {
	if v, ok := c.Cache.Get(key); ok {
		return v.(V), true
	}
	return value, false
}

func (c goCache[V]) Set(key string, value V, ttl time.Duration) error {
	c.Cache.Set(key, value, ttl)
	return nil
}

func (c goCache[V]) Len() int { return c.ItemCount() }

func (c goCache[V]) Each(body func(string, V)) {
	for k, item := range c.Items() {
		body(k, item.Object.(V))
	}
}

// goCounter is a goCache of numbers.
type goCounter struct{ goCache[int] }

func openGoCounter(o Options) (Store[int], error) {
	s, err := openGoCache[int](o)
	if err != nil {
		return nil, err
	}
	return goCounter{s.(goCache[int])}, nil
}

// AddTo increments what is present and stores what is absent. Add fails if another
// caller has stored the key meanwhile.
func (c goCounter) AddTo(key string, delta int, ttl time.Duration) error {
	for {
		if _, err := c.IncrementInt(key, delta); err == nil {
			return nil
		}
		if err := c.Add(key, delta, ttl); err == nil {
			return nil
		}
	}
}

type lru[V any] struct{ *expirable.LRU[string, V] }

func openLRU[V any](o Options) (Store[V], error) {
	if o.OwnTTLs {
		return nil, Lack("has one TTL for all its entries")
	}
	return lru[V]{expirable.NewLRU[string, V](o.MaxEntries, nil, o.TTL)}, nil
}

func (c lru[V]) Set(key string, value V, _ time.Duration) error {
	c.Add(key, value)
	return nil
}

func (c lru[V]) Each(body func(string, V)) {
	for _, k := range c.Keys() {
		if v, ok := c.Peek(k); ok {
			body(k, v)
		}
	}
}

type theineCache[V any] struct{ *theine.Cache[string, V] }

func openTheine[V any](o Options) (Store[V], error) {
	c, err := theine.NewBuilder[string, V](int64(capacity(o))).Build()
	return theineCache[V]{c}, err
}

func (c theineCache[V]) Set(key string, value V, ttl time.Duration) error {
	c.SetWithTTL(key, value, 1, ttl)
	return nil
}

func (c theineCache[V]) Settle() { c.Wait() }

func (c theineCache[V]) Each(body func(string, V)) {
	c.Range(func(k string, v V) bool {
		body(k, v)
		return true
	})
}

func (c theineCache[V]) Close() error {
	c.Cache.Close()
	return nil
}

type ristrettoCache[V any] struct{ *ristretto.Cache[string, V] }

func openRistretto[V any](o Options) (Store[V], error) {
	c, err := ristretto.NewCache(&ristretto.Config[string, V]{
		NumCounters: 10 * int64(capacity(o)), MaxCost: int64(capacity(o)), BufferItems: 64, IgnoreInternalCost: true, TtlTickerDurationInSec: 1,
	})
	return ristrettoCache[V]{c}, err
}

func (c ristrettoCache[V]) Set(key string, value V, ttl time.Duration) error {
	c.SetWithTTL(key, value, 1, ttl)
	return nil
}

func (c ristrettoCache[V]) Len() int { return int(c.MaxCost() - c.RemainingCost()) }
func (c ristrettoCache[V]) Settle()  { c.Wait() }

func (c ristrettoCache[V]) Close() error {
	c.Cache.Close()
	return nil
}

func capacity(o Options) int {
	if o.MaxEntries > 0 {
		return o.MaxEntries
	}
	return largest
}
