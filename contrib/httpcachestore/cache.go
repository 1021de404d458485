// Package httpcachestore keeps the responses of [httpcache] in a [lastmodstore.Store]. The
// nodes of a replicated one share their responses.
//
// Whether a response is fresh is decided by httpcache, which keeps a stale one in order to
// revalidate it and stores it again when the server has confirmed it. So a response is
// removed when it has not been stored for the TTL of the cache, or evicted by a store with
// MaxEntries or MaxWeight.
//
// The methods of a cache return no errors. Those of the lastmodstore.Store are passed to a
// function: after a Delete that failed, for example, a response that should no longer be
// used is still there. Reads do not fail; in a closed store, every response is absent.
//
// All methods are safe for concurrent use. Bytes are copied on the way in and out.
package httpcachestore

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/gregjones/httpcache"

	"github.com/lastmodstore/lastmodstore"
)

// A Cache is a [httpcache.Cache].
type Cache struct {
	responses lastmodstore.Store[string, []byte]
	ttl       time.Duration
	failed    func(key string, err error)
}

var _ httpcache.Cache = (*Cache)(nil)

// New returns a cache that keeps its responses in s, for ttl after each was stored;
// forever with [lastmodstore.NoExpiry]. It calls failed, if that is not nil, with the
// error of each Set and Delete that fails, on the caller's goroutine. Closing s is up to
// the caller.
//
// New panics if ttl is negative.
func New(s lastmodstore.Store[string, []byte], ttl time.Duration, failed func(key string, err error)) *Cache {
	if ttl < 0 {
		panic(fmt.Sprintf("httpcachestore: New: the TTL is %v: use a positive duration or lastmodstore.NoExpiry", ttl))
	}
	if failed == nil {
		failed = func(string, error) {}
	}
	return &Cache{responses: s, ttl: ttl, failed: failed}
}

// Get returns a response and reports whether it was present.
func (c *Cache) Get(key string) (response []byte, ok bool) {
	response, ok = c.responses.Get(key)
	return bytes.Clone(response), ok
}

// Set stores a response. If that fails, it deletes the one before, so in a replicated store
// it may wait for two timeouts.
func (c *Cache) Set(key string, response []byte) {
	if err := c.responses.Set(key, bytes.Clone(response), c.ttl); err != nil {
		_, deleteErr := c.responses.Delete(key) // a response that is superseded must not be used again
		c.failed(key, errors.Join(err, deleteErr))
	}
}

// Delete deletes a response if it is present.
func (c *Cache) Delete(key string) {
	if _, err := c.responses.Delete(key); err != nil {
		c.failed(key, err)
	}
}
