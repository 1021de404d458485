package lastmodstore_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// The recipes of docs/recipes.md are the functions at the top of the files
// recipe_*_test.go. Their tests follow: the loser of each race, a restart from a
// snapshot, and Clear.

// eachEngine runs the test of a recipe in a bubble, on both engines.
func eachEngine[V any](t *testing.T, test func(g Gomega, s lastmodstore.Store[string, V]), opts ...lastmodstore.Option) {
	for _, engine := range []string{"actor", "mutexstore"} {
		t.Run(engine, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open[V](engine, opts...)
				defer s.Close()
				test(NewWithT(t), s)
			})
		})
	}
}

func open[V any](engine string, opts ...lastmodstore.Option) lastmodstore.Store[string, V] {
	if engine == "actor" {
		return actor.New[string, V](time.Second, opts...)
	}
	return mutexstore.New[string, V](time.Second, opts...)
}

// restart saves and closes old, and returns a new store of the same engine with the
// snapshot loaded.
func restart[V any](g Gomega, old lastmodstore.Store[string, V]) lastmodstore.Store[string, V] {
	var snapshot bytes.Buffer
	g.Expect(lastmodstore.Save(&snapshot, old, lastmodstore.JSON)).To(Succeed())
	g.Expect(old.Close()).To(Succeed())
	engine := "mutexstore"
	if _, ok := old.(*actor.Store[string, V]); ok {
		engine = "actor"
	}
	s := open[V](engine)
	_, err := lastmodstore.Load(&snapshot, s, lastmodstore.JSON)
	g.Expect(err).NotTo(HaveOccurred())
	return s
}

// concurrently runs f on n goroutines and returns when all have ended.
func concurrently(n int, f func(i int, random *rand.Rand)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	wg.Wait()
}
