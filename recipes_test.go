package lastmodstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// The recipes of docs/recipes.md. What several goroutines could get wrong is
// tested in recipes_beside_test.go.

// session answers a session and lets it live on. Touch comes first: it finds no
// session that has expired, and after it the session lives long enough to be read.
func session(s lastmodstore.Store[string, string], id string, idle time.Duration) (user string, ok bool) {
	if ok, err := s.Touch(id, idle); err != nil || !ok {
		return "", false
	}
	return s.Get(id)
}

func Example_sessions() {
	s := mutexstore.New[string, string](time.Minute)
	defer s.Close()
	s.Set("id-1", "alice", 30*time.Minute)

	fmt.Println(session(s, "id-1", 30*time.Minute))
	fmt.Println(session(s, "id-2", 30*time.Minute))
	// Output:
	// alice true
	//  false
}

func Example_configuration() {
	s := mutexstore.New[string, string](0)
	defer s.Close()
	version := "v1"
	config := lastmodstore.NewLoader(s, func(_ context.Context, key string, present lastmodstore.Entry[string], ok bool) (string, time.Duration, error) {
		if ok && present.Value == version { // the source's own "changed since?"
			return "", lastmodstore.NoExpiry, lastmodstore.ErrNotModified
		}
		fmt.Println("loading", key)
		return version, lastmodstore.NoExpiry, nil
	})
	for range 2 {
		e, err := config.GetFresh(context.Background(), "app.yaml", time.Hour)
		fmt.Println(e.Value, err)
	}
	version = "v2"
	e, err := config.GetFresh(context.Background(), "app.yaml", 0) // whatever is there is too old
	fmt.Println(e.Value, err)
	// Output:
	// loading app.yaml
	// v1 <nil>
	// v1 <nil>
	// loading app.yaml
	// v2 <nil>
}

func Example_endpoints() {
	s := actor.New[string, string](time.Minute)
	defer s.Close()
	reported := time.Now().Add(-time.Minute)
	s.Set("billing", "10.0.0.7:80", time.Hour)
	// Peers report what they know, in any order, again and again: the newest stays.
	for _, address := range []string{"10.0.0.1:80", "10.0.0.2:80"} {
		e := lastmodstore.Entry[string]{Value: address, LastModified: reported}
		for _, service := range []string{"billing", "search-" + address} {
			s.Merge(service, e)
		}
	}
	for service, e := range s.ModifiedSince(reported.Add(-time.Second)) { // least recently updated first
		fmt.Println(service, e.Value, e.LastModified.Equal(reported))
	}
	// Unordered output:
	// search-10.0.0.1:80 10.0.0.1:80 true
	// search-10.0.0.2:80 10.0.0.2:80 true
	// billing 10.0.0.7:80 false
}

// allow counts requests in windows that begin with the first one of a client.
func allow(s lastmodstore.Store[string, int], client string, limit int, window time.Duration) (bool, error) {
	e, err := lastmodstore.Add(s, client, 1, window)
	return err == nil && e.Value <= limit, err
}

// allowSliding keeps the times of the requests that it allowed, so that no
// window of that length, wherever it begins, has more than limit of them.
func allowSliding(s lastmodstore.Store[string, []time.Time], client string, limit int, window time.Duration) (bool, error) {
	full := errors.New("full")
	_, err := lastmodstore.Update(s, client, func(old lastmodstore.Entry[[]time.Time], _ bool) ([]time.Time, time.Duration, error) {
		now := time.Now()
		recent := slices.DeleteFunc(slices.Clone(old.Value), func(t time.Time) bool { return now.Sub(t) >= window })
		if len(recent) >= limit {
			return nil, 0, full // nothing is stored
		}
		return append(recent, now), window, nil
	})
	if err == full {
		return false, nil
	}
	return err == nil, err
}

func Example_rateLimit() {
	s := mutexstore.New[string, int](time.Minute)
	defer s.Close()
	for range 4 {
		fmt.Println(allow(s, "10.0.0.1", 3, time.Minute))
	}
	// Output:
	// true <nil>
	// true <nil>
	// true <nil>
	// false <nil>
}

func Example_slidingRateLimit() {
	s := mutexstore.New[string, []time.Time](time.Minute)
	defer s.Close()
	for range 3 {
		fmt.Println(allowSliding(s, "10.0.0.1", 2, time.Minute))
	}
	// Output:
	// true <nil>
	// true <nil>
	// false <nil>
}

// follow keeps flags as the store has them, until ctx ends: reading them costs
// no look into the store.
func follow(ctx context.Context, s lastmodstore.Store[string, bool], change func(flag string, on bool)) {
	for e := range s.Watch(ctx, time.Time{}) {
		switch e.Kind {
		case lastmodstore.Modified:
			change(e.Key, e.Entry.Value)
		case lastmodstore.Resync:
			for flag, e := range s.All() { // and forget those that are not there
				change(flag, e.Value)
			}
		default:
			change(e.Key, false) // removed
		}
	}
}

func Example_featureFlags() {
	s := mutexstore.New[string, bool](0)
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	s.Set("dark-mode", true, lastmodstore.NoExpiry)
	follow(ctx, s, func(flag string, on bool) {
		fmt.Println(flag, on)
		if on {
			s.Delete("dark-mode") // somebody changes it
		} else {
			stop()
		}
	})
	// Output:
	// dark-mode true
	// dark-mode false
}

// A lease is a lock that its holder loses unless it renews in time. Its token
// rises with each lease and each renewal: a resource that remembers the highest
// token it has seen refuses a holder that has lost the lease and does not know.
type lease struct {
	s     lastmodstore.Store[string, string]
	name  string
	token time.Time
}

func acquire(s lastmodstore.Store[string, string], name, holder string, ttl time.Duration) (*lease, bool, error) {
	e, won, err := lastmodstore.SetIfAbsent(s, name, holder, ttl)
	return &lease{s, name, e.LastModified}, won, err
}

// renew fails if the lease was lost, also if somebody else has it by now.
func (l *lease) renew(holder string, ttl time.Duration) (bool, error) {
	e, ok, err := l.s.SetIfUnmodifiedSince(l.name, holder, ttl, l.token)
	if ok {
		l.token = e.LastModified
	}
	return ok, err
}

// release gives the lease up, and nobody else's.
func (l *lease) release() (bool, error) { return l.s.DeleteIfUnmodifiedSince(l.name, l.token) }

func Example_leaseLock() {
	s := mutexstore.New[string, string](time.Second)
	defer s.Close()
	mine, won, _ := acquire(s, "report", "me", time.Minute)
	fmt.Println("acquired:", won)
	_, won, _ = acquire(s, "report", "you", time.Minute)
	holder, _ := s.Get("report")
	fmt.Println("you too:", won, "as it is held by", holder)
	before := mine.token
	renewed, _ := mine.renew("me", time.Minute)
	fmt.Println("renewed:", renewed, mine.token.After(before))
	released, _ := mine.release()
	fmt.Println("released:", released)
	renewed, _ = mine.renew("me", time.Minute)
	fmt.Println("renewed after that:", renewed)
	// Output:
	// acquired: true
	// you too: false as it is held by me
	// renewed: true true
	// released: true
	// renewed after that: false
}

func Example_auditTrail() {
	s := actor.New[string, string](0)
	s.OnRemove(func(order string, was lastmodstore.Entry[string], why lastmodstore.EventKind) {
		fmt.Println(order, "was", was.Value, "until", why)
	})
	s.Set("order-1", "placed", lastmodstore.NoExpiry)
	s.Set("order-1", "paid", lastmodstore.NoExpiry)
	s.Set("order-1", "sent", lastmodstore.NoExpiry)
	s.Delete("order-1")
	s.Close() // returns when all of it has been told
	// Output:
	// order-1 was placed until Replaced
	// order-1 was paid until Replaced
	// order-1 was sent until Deleted
}

// page serves entries with Last-Modified and an ETag. Times in HTTP have whole
// seconds: two changes within one would look alike, but for the ETag.
func page(s lastmodstore.Reader[string, string]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e, ok := s.GetEntry(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", strconv.Quote(strconv.FormatInt(e.LastModified.UnixNano(), 36)))
		http.ServeContent(w, r, r.URL.Path, e.LastModified, bytes.NewReader([]byte(e.Value)))
	}
}

func Example_httpCaching() {
	s := mutexstore.New[string, string](0)
	defer s.Close()
	s.Set("/motd.txt", "hello", lastmodstore.NoExpiry)
	get := func(etag, since string) *http.Response {
		r := httptest.NewRequest("GET", "/motd.txt", nil)
		r.Header.Set("If-None-Match", etag)
		r.Header.Set("If-Modified-Since", since)
		w := httptest.NewRecorder()
		page(s)(w, r)
		return w.Result()
	}
	first := get("", "")
	etag, since := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	fmt.Println(first.StatusCode, get(etag, since).StatusCode, get("", since).StatusCode)
	s.Set("/motd.txt", "bye", lastmodstore.NoExpiry)
	fmt.Println(get(etag, since).StatusCode)
	// Output:
	// 200 304 304
	// 200
}
