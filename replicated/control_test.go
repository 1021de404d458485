package replicated

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"
)

// A kvNode is a node of the store that one would write first: a map that follows a
// bucket of NATS KV by its watch, and writes that are repeated until they succeed.
type kvNode struct {
	t  testing.TB
	kv jetstream.KeyValue

	mu      sync.Mutex // guards entries
	entries map[string]kvEntry
}

type kvEntry struct {
	value    int
	revision uint64
}

func openKV(t testing.TB, js jetstream.JetStream) node {
	g := NewWithT(t)
	kv, err := js.CreateOrUpdateKeyValue(patient(t), jetstream.KeyValueConfig{Bucket: "store"})
	g.Expect(err).NotTo(HaveOccurred())
	watcher, err := kv.WatchAll(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	n := &kvNode{t: t, kv: kv, entries: map[string]kvEntry{}}
	var following sync.WaitGroup
	following.Go(func() {
		for e := range watcher.Updates() {
			n.follow(e)
		}
	})
	t.Cleanup(func() {
		watcher.Stop()
		following.Wait()
	})
	return n
}

// follow applies what the watch yields; nil marks the end of the initial values.
func (n *kvNode) follow(e jetstream.KeyValueEntry) {
	if e == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.entries, e.Key())
	if e.Operation() == jetstream.KeyValuePut {
		value, _ := strconv.Atoi(string(e.Value()))
		n.entries[e.Key()] = kvEntry{value, e.Revision()}
	}
}

// attempt calls f with contexts of two seconds until it succeeds.
func (n *kvNode) attempt(f func(ctx context.Context) error) error {
	for {
		ctx, cancel := context.WithTimeout(n.t.Context(), 2*time.Second)
		err := f(ctx)
		cancel()
		if err == nil || n.t.Context().Err() != nil {
			return err
		}
	}
}

// add compares and sets, first with what the map holds and then, if that was not the
// newest or if there was no response, with what the servers hold.
func (n *kvNode) add(key string, delta int) error {
	n.mu.Lock()
	e := n.entries[key]
	n.mu.Unlock()
	return n.attempt(func(ctx context.Context) error {
		_, err := n.kv.Update(ctx, key, []byte(strconv.Itoa(e.value+delta)), e.revision)
		if err != nil {
			e = n.newest(key)
		}
		return err
	})
}

func (n *kvNode) newest(key string) (e kvEntry) {
	_ = n.attempt(func(ctx context.Context) error {
		got, err := n.kv.Get(ctx, key)
		if err == nil {
			e.revision = got.Revision()
			e.value, err = strconv.Atoi(string(got.Value()))
		}
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		return err
	})
	return e
}

func (n *kvNode) remove(key string) error {
	return n.attempt(func(ctx context.Context) error { return n.kv.Purge(ctx, key) })
}

func (n *kvNode) get(key string) (int, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e, ok := n.entries[key]
	return e.value, ok
}

func (n *kvNode) all() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := map[string]int{}
	for key, e := range n.entries {
		all[key] = e.value
	}
	return all
}

// trim removes the markers of deleted keys.
func (n *kvNode) trim() {
	err := n.attempt(func(ctx context.Context) error { return n.kv.PurgeDeletes(ctx, jetstream.DeleteMarkersOlderThan(-1)) })
	NewWithT(n.t).Expect(err).NotTo(HaveOccurred())
}

func (n *kvNode) stream() string { return "KV_store" }
