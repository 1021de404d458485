package lastmodstore_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A mirror is a local copy of a store's values, such as feature flags: reading one does
// not call the store. The zero value is an empty copy. Use it for one store, including
// stores restored from its snapshots.
type mirror[V any] struct {
	mu     sync.RWMutex // guards the fields below
	values map[string]V
	at     time.Time // position: values contains all changes up to it
	filled bool
}

// ready reports whether m has contained everything that the store held when follow was
// first called. Until then an absent key may only be one that has not arrived.
func (m *mirror[V]) ready() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.filled
}

func (m *mirror[V]) get(key string) (V, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.values[key]
	return v, ok
}

// follow keeps m up to date until ctx is done or the store is closed. Called again, it
// resumes where it ended.
func (m *mirror[V]) follow(ctx context.Context, s lastmodstore.Store[string, V]) {
	for e := range s.Watch(ctx, m.at) {
		if e.Kind != lastmodstore.Resync {
			m.apply(e)
		} else if !m.replace(s, e.At) {
			return
		}
	}
}

func (m *mirror[V]) apply(e lastmodstore.Event[string, V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[string]V{}
	}
	switch e.Kind {
	case lastmodstore.Modified:
		m.values[e.Key] = e.Entry.Value
	case lastmodstore.CaughtUp:
		m.filled = true
	default: // Deleted, Expired or Evicted
		delete(m.values, e.Key)
	}
	m.at = e.At
}

// replace replaces the values of m with those of the store, so that keys that no longer
// exist disappear. A closed store looks empty and must not empty the copy: then replace
// changes nothing and returns false.
func (m *mirror[V]) replace(s lastmodstore.Reader[string, V], at time.Time) bool {
	values := map[string]V{}
	for key, e := range s.All() {
		values[key] = e.Value
	}
	if closed(s) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values, m.at = values, at
	return true
}

// closed reports whether s is closed. Without it, a closed store looks like an empty one.
func closed(s interface{ Done() <-chan struct{} }) bool {
	select {
	case <-s.Done():
		return true
	default:
		return false
	}
}

func Example_featureFlags() {
	s := mutexstore.New[string, bool](time.Second)
	defer s.Close()
	s.Set("dark-mode", true, lastmodstore.NoExpiry)

	var flags mirror[bool]
	ctx, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	flags.follow(ctx, s) // a program runs this on a goroutine of its own
	fmt.Println(flags.ready())
	fmt.Println(flags.get("dark-mode"))

	s.Clear()
	ctx, stop = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	flags.follow(ctx, s)
	fmt.Println(flags.get("dark-mode"))
	// Output:
	// true
	// true true
	// false false
}

// report merges a peer's report of a service's endpoint. The newest report stays, in
// whatever order and however often reports arrive. It expires ttl after its own time,
// unless a newer one replaces it.
func report(s lastmodstore.Writer[string, string], service, address string, at time.Time, ttl time.Duration) (bool, error) {
	return s.Merge(service, lastmodstore.Entry[string]{Value: address, LastModified: at, TTL: ttl, ExpiresAt: at.Add(ttl)})
}

func Example_endpoints() {
	s := actor.New[string, string](time.Second)
	defer s.Close()
	now := time.Now()
	report(s, "billing", "10.0.0.7:80", now.Add(-time.Second), time.Minute)
	report(s, "billing", "10.0.0.1:80", now.Add(-3*time.Second), time.Minute) // superseded
	report(s, "search", "10.0.0.2:80", now.Add(-2*time.Second), time.Minute)  // older than the newest, but a new key

	for e := range s.Watch(context.Background(), time.Time{}) {
		if e.Kind == lastmodstore.CaughtUp {
			break // all that was reported so far
		}
		fmt.Println(e.Kind, e.Key, e.Entry.Value)
	}
	fmt.Println("least recently reported first:")
	for service, e := range s.ModifiedSince(time.Time{}) {
		fmt.Println(service, now.Sub(e.LastModified))
	}
	// Unordered output:
	// Modified search 10.0.0.2:80
	// Modified billing 10.0.0.7:80
	// least recently reported first:
	// search 2s
	// billing 1s
}
