package lastmodstore_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

type (
	intEntry  = lastmodstore.Entry[int]
	intStore  = lastmodstore.Store[string, int]
	loadInt   = lastmodstore.LoadFunc[string, int]
	intLoader = lastmodstore.Loader[string, int]
)

// eachLoaderStore runs test in a bubble for each engine, opened with opts, and for a Sharded
// of it.
func eachLoaderStore(t *testing.T, test func(t *testing.T, g Gomega, s intStore), opts ...lastmodstore.Option) {
	for _, e := range engines.All() {
		open := func() intStore { return e.Strings(0, opts...) }
		for name, open := range map[string]func() intStore{
			e.Name:                open,
			"sharded 4 " + e.Name: func() intStore { return lastmodstore.NewSharded(4, open) },
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := open()
					defer s.Close()
					test(t, NewWithT(t), s)
				})
			})
		}
	}
}

// newIntLoader returns a loader. After the test it is closed and must hold nothing.
func newIntLoader(t *testing.T, s intStore, load loadInt, opts ...lastmodstore.LoaderOption) *intLoader {
	l := lastmodstore.NewLoader(s, load, opts...)
	t.Cleanup(func() {
		g := NewWithT(t)
		g.Expect(l.Close()).To(Succeed())
		loads, failures, confirmations, running := l.Held()
		g.Expect([]int{loads, failures, confirmations, running}).To(HaveEach(0))
	})
	return l
}

// countingSource returns a source whose loads take d and return 1, 2, 3 and so on with
// ttl.
func countingSource(d, ttl time.Duration) loadInt {
	var mu sync.Mutex
	n := 0
	return func(context.Context, string, intEntry, bool) (int, time.Duration, error) {
		time.Sleep(d)
		mu.Lock()
		defer mu.Unlock()
		n++
		return n, ttl, nil
	}
}

// loaded returns a function that expects no error and returns the value of the entry.
func loaded(g Gomega) func(e intEntry, err error) int {
	return func(e intEntry, err error) int {
		g.Expect(err).NotTo(HaveOccurred())
		return e.Value
	}
}

var errBroken = errors.New("broken")

// waysToFail are the ways in which a load function can fail.
var waysToFail = map[string]func() error{
	"error":       func() error { return errBroken },
	"panic":       func() error { panic("broken") },
	"panic error": func() error { panic(errBroken) },
	"goexit":      func() error { runtime.Goexit(); return nil },
}
