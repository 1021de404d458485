package scsstore_test

import (
	"testing"

	"github.com/alexedwards/scs/v2"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/contrib/scsstore"
)

// manager is copied by newManager: each call of scs.New starts a goroutine that cleans the
// store which New provides, and no bubble could end.
var manager = scs.New()

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}

func newManager(s *scsstore.Store) *scs.SessionManager {
	m := *manager
	m.Store = s
	return &m
}
