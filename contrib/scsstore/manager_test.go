package scsstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/scsstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A site has a login, a logout and a page that greets the user.
func site(m *scs.SessionManager) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		if err := m.RenewToken(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		m.Put(r.Context(), "user", r.FormValue("user"))
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		if err := m.Destroy(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %q", m.GetString(r.Context(), "user"))
	})
	return m.LoadAndSave(mux)
}

// A browser keeps the cookie that it was last sent.
type browser struct {
	site   http.Handler
	cookie *http.Cookie
}

func (b *browser) get(path string) (status int, body string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookie = c
	}
	return w.Code, w.Body.String()
}

func Example() {
	s := mutexstore.New[string, []byte](time.Minute)
	defer s.Close()
	sessions := scs.New()
	sessions.Store = scsstore.New(s)

	b := browser{site: site(sessions)}
	fmt.Println(b.get("/"))
	b.get("/login?user=alice")
	fmt.Println(b.get("/"))
	b.get("/logout")
	fmt.Println(b.get("/"))
	// Output:
	// 200 hello ""
	// 200 hello "alice"
	// 200 hello ""
}

func TestTheManagerKeepsItsSessions(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		m := newManager(scsstore.New(s))
		alice, bob := browser{site: site(m)}, browser{site: site(m)}
		alice.get("/login?user=alice")
		before := *alice.cookie
		alice.get("/login?user=alice") // renews the token
		bob.get("/login?user=bob")

		var users []string
		g.Expect(m.Iterate(t.Context(), func(ctx context.Context) error {
			users = append(users, m.GetString(ctx, "user"))
			return nil
		})).To(Succeed())
		g.Expect(users).To(ConsistOf("alice", "bob"))

		_, body := alice.get("/")
		g.Expect(body).To(Equal(`hello "alice"`))
		alice.get("/logout")
		alice.cookie = &before
		_, body = alice.get("/")
		g.Expect(body).To(Equal(`hello ""`))
		_, body = bob.get("/")
		g.Expect(body).To(Equal(`hello "bob"`))
	})
}

func TestAnIdleSessionEnds(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		m := newManager(scsstore.New(s))
		m.IdleTimeout, m.Lifetime = 20*time.Minute, time.Hour
		b := browser{site: site(m)}
		greeting := func() string {
			_, body := b.get("/")
			return body
		}
		b.get("/login?user=alice")
		for range 5 { // each visit extends the session
			time.Sleep(10 * time.Minute)
			g.Expect(greeting()).To(Equal(`hello "alice"`))
		}
		time.Sleep(10 * time.Minute)
		g.Expect(greeting()).To(Equal(`hello ""`), "the lifetime has elapsed")

		b.get("/login?user=alice")
		time.Sleep(20 * time.Minute)
		g.Expect(greeting()).To(Equal(`hello ""`), "the user was idle")
	})
}

func TestTheManagerReportsAClosedStore(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		m := newManager(scsstore.New(s))
		var reported error
		m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
			reported = errors.Join(reported, err)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		b := browser{site: site(m)}
		b.get("/login?user=alice")
		g.Expect(s.Close()).To(Succeed())
		status, _ := b.get("/")
		g.Expect(status).To(Equal(http.StatusServiceUnavailable))
		g.Expect(reported).To(MatchError(lastmodstore.ErrClosed))
	})
}
