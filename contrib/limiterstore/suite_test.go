package limiterstore_test

import (
	"testing"

	"github.com/ulule/limiter/v3/drivers/store/tests"

	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/limiterstore"
)

// The tests that limiter has for its own stores.

func TestStoreSequentialAccess(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		tests.TestStoreSequentialAccess(t, limiterstore.New(s, "sequential"))
	})
}

func TestStoreConcurrentAccess(t *testing.T) {
	if testing.Short() {
		t.Skip("250,000 calls on each engine")
	}
	engines.Each(t, func(t *testing.T, s counters) {
		tests.TestStoreConcurrentAccess(t, limiterstore.New(s, "concurrent"))
	})
}
