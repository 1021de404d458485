// Package engines lists the stores that the adapters are tested on, so that each test
// runs on all of them. A new one is one row.
package engines

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

const (
	cleanupInterval = time.Minute
	shards          = 4
)

type engine[K comparable, V any] struct {
	name      string
	inProcess bool // it runs in a bubble of testing/synctest
	open      func(t *testing.T, opts ...lastmodstore.Option) lastmodstore.Store[K, V]
}

func all[K comparable, V any]() []engine[K, V] {
	return []engine[K, V]{
		{"actor", true, func(t *testing.T, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
			return actor.New[K, V](cleanupInterval, opts...)
		}},
		{"mutexstore", true, func(t *testing.T, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
			return mutexstore.New[K, V](cleanupInterval, opts...)
		}},
		{"sharded", true, func(t *testing.T, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
			return lastmodstore.NewSharded(shards, func() lastmodstore.Store[K, V] {
				return mutexstore.New[K, V](cleanupInterval, opts...)
			})
		}},
		{"replicated", false, func(t *testing.T, opts ...lastmodstore.Option) lastmodstore.Store[K, V] {
			return Nodes[K, V](t, 1, opts...)[0]
		}},
	}
}

// Each runs test on an empty store of each engine, as a subtest. The store is opened
// with opts and closed after the test.
func Each[K comparable, V any](t *testing.T, test func(t *testing.T, s lastmodstore.Store[K, V]), opts ...lastmodstore.Option) {
	t.Helper()
	for _, e := range all[K, V]() {
		t.Run(e.name, func(t *testing.T) { run(t, e, test, opts) })
	}
}

// EachInBubble is Each in a bubble of testing/synctest, where test may sleep. It leaves
// out what does not run in one: the replicated store, which has a server.
func EachInBubble[K comparable, V any](t *testing.T, test func(t *testing.T, s lastmodstore.Store[K, V]), opts ...lastmodstore.Option) {
	t.Helper()
	for _, e := range all[K, V]() {
		if e.inProcess {
			t.Run(e.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { run(t, e, test, opts) })
			})
		}
	}
}

func run[K comparable, V any](t *testing.T, e engine[K, V], test func(*testing.T, lastmodstore.Store[K, V]), opts []lastmodstore.Option) {
	s := e.open(t, opts...)
	t.Cleanup(func() { s.Close() })
	test(t, s)
}

// Nodes opens n nodes of one replicated store, on a server inside the process. They are
// closed after the test.
func Nodes[K comparable, V any](t *testing.T, n int, opts ...lastmodstore.Option) []*replicated.Store[K, V] {
	t.Helper()
	server, err := embedded.Start("")
	must(t, err)
	t.Cleanup(func() { server.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	nodes := make([]*replicated.Store[K, V], n)
	for i := range nodes {
		nc, err := server.Connect()
		must(t, err)
		t.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		must(t, err)
		nodes[i], err = replicated.Open[K, V](ctx, js, "test", replicated.InMemory(), replicated.Limits(opts...))
		must(t, err)
		t.Cleanup(func() { nodes[i].Close() })
	}
	return nodes
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
