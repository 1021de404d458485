package scsstore_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/scsstore"
)

var (
	_ scs.Store            = (*scsstore.Store)(nil)
	_ scs.IterableStore    = (*scsstore.Store)(nil)
	_ scs.IterableCtxStore = (*scsstore.Store)(nil)
)

type sessions = lastmodstore.Store[string, []byte]

func later() time.Time { return time.Now().Add(time.Hour) }

func TestFindReturnsWhatWasCommitted(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		b, found, err := store.Find("a")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(found).To(BeFalse())
		g.Expect(b).To(BeNil())

		g.Expect(store.Commit("a", []byte("first"), later())).To(Succeed())
		g.Expect(store.Commit("b", nil, later())).To(Succeed())
		g.Expect(store.Commit("a", []byte("second"), later())).To(Succeed())
		g.Expect(expectFound(g, store, "a")).To(Equal("second"))
		g.Expect(expectFound(g, store, "b")).To(BeEmpty())
	})
}

// expectFound returns the data of a session that must be present.
func expectFound(g *WithT, store *scsstore.Store, token string) string {
	b, found, err := store.Find(token)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(BeTrue())
	return string(b)
}

func expectAbsent(g *WithT, store *scsstore.Store, token string) {
	b, found, err := store.Find(token)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(BeFalse())
	g.Expect(b).To(BeNil())
	g.Expect(store.All()).NotTo(HaveKey(token))
}

func TestDeleteRemovesASessionAndIgnoresAbsentOnes(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		g.Expect(store.Commit("a", []byte("data"), later())).To(Succeed())
		g.Expect(store.Delete("a")).To(Succeed())
		expectAbsent(g, store, "a")
		g.Expect(store.Delete("a")).To(Succeed())
	})
}

func TestASessionIsAbsentFromItsExpiryOn(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		g.Expect(store.Commit("a", []byte("data"), time.Now().Add(time.Minute))).To(Succeed())
		g.Expect(store.Commit("longer", []byte("data"), time.Now().Add(time.Minute))).To(Succeed())
		g.Expect(store.Commit("shorter", []byte("data"), time.Now().Add(time.Hour))).To(Succeed())
		time.Sleep(30 * time.Second)
		g.Expect(store.Commit("longer", []byte("data"), time.Now().Add(time.Minute))).To(Succeed())
		g.Expect(store.Commit("shorter", []byte("data"), time.Now().Add(time.Second))).To(Succeed())
		time.Sleep(30*time.Second - 1)
		expectFound(g, store, "a")
		expectAbsent(g, store, "shorter")

		time.Sleep(time.Nanosecond)
		expectAbsent(g, store, "a")
		time.Sleep(30*time.Second - 1)
		expectFound(g, store, "longer")
		time.Sleep(time.Nanosecond)
		expectAbsent(g, store, "longer")
	})
}

func TestCommitWithAnExpiryThatHasPassedDeletesTheSession(t *testing.T) {
	pasts := map[string]func() time.Time{
		"an hour ago":       func() time.Time { return time.Now().Add(-time.Hour) },
		"now":               time.Now,
		"the zero time":     func() time.Time { return time.Time{} },
		"in the year -1000": func() time.Time { return time.Date(-1000, 1, 1, 0, 0, 0, 0, time.UTC) },
	}
	test := func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		for name, past := range pasts {
			g.Expect(store.Commit(name, []byte("data"), later())).To(Succeed())
			g.Expect(store.Commit(name, []byte("data"), past())).To(Succeed())
			expectAbsent(g, store, name)
			g.Expect(store.Commit("new", []byte("data"), past())).To(Succeed())
			expectAbsent(g, store, "new")
		}
		g.Expect(s.Len()).To(BeZero())
	}
	t.Run("on a running clock", func(t *testing.T) { engines.Each(t, test) })
	t.Run("while the clock stands still", func(t *testing.T) { engines.EachInBubble(t, test) })
}

func TestASessionMayLastForCenturies(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		g.Expect(store.Commit("a", []byte("data"), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))).To(Succeed())
		g.Expect(expectFound(g, store, "a")).To(Equal("data"))
	})
}

func TestAllReturnsTheSessionsThatHaveNotExpired(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		all, err := store.All()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(all).To(Equal(map[string][]byte{}), "empty, not nil")

		g.Expect(store.Commit("a", []byte("1"), later())).To(Succeed())
		g.Expect(store.Commit("b", []byte("2"), later())).To(Succeed())
		g.Expect(store.Commit("past", []byte("3"), time.Now().Add(-time.Second))).To(Succeed())
		g.Expect(store.All()).To(Equal(map[string][]byte{"a": []byte("1"), "b": []byte("2")}))
		g.Expect(store.AllCtx(t.Context())).To(HaveLen(2))
	})
}

func TestBytesBelongToTheCaller(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		committed := []byte("data")
		g.Expect(store.Commit("a", committed, later())).To(Succeed())
		committed[0] = 'X'
		b, _, err := store.Find("a")
		g.Expect(err).NotTo(HaveOccurred())
		b[1] = 'X'
		all, err := store.All()
		g.Expect(err).NotTo(HaveOccurred())
		all["a"][2] = 'X'
		g.Expect(expectFound(g, store, "a")).To(Equal("data"))
	})
}

func TestAContextThatHasEndedGetsItsErrorAndChangesNothing(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		ctx, cancel := context.WithCancel(t.Context())
		g.Expect(store.CommitCtx(ctx, "a", []byte("data"), later())).To(Succeed())
		cancel()

		_, found, err := store.FindCtx(ctx, "a")
		g.Expect(err).To(MatchError(context.Canceled))
		g.Expect(found).To(BeFalse())
		_, err = store.AllCtx(ctx)
		g.Expect(err).To(MatchError(context.Canceled))
		g.Expect(store.CommitCtx(ctx, "a", []byte("other"), later())).To(MatchError(context.Canceled))
		g.Expect(store.CommitCtx(ctx, "a", []byte("other"), time.Time{})).To(MatchError(context.Canceled))
		g.Expect(store.DeleteCtx(ctx, "a")).To(MatchError(context.Canceled))
		g.Expect(expectFound(g, store, "a")).To(Equal("data"))

		g.Expect(store.DeleteCtx(t.Context(), "a")).To(Succeed())
		_, found, err = store.FindCtx(t.Context(), "a")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(found).To(BeFalse())
	})
}

func TestAClosedStoreIsAnErrorAndNotAStoreWithoutSessions(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		g.Expect(store.Commit("a", []byte("data"), later())).To(Succeed())
		g.Expect(s.Close()).To(Succeed())

		_, found, err := store.Find("a")
		g.Expect(err).To(MatchError(lastmodstore.ErrClosed))
		g.Expect(found).To(BeFalse())
		_, err = store.All()
		g.Expect(err).To(MatchError(lastmodstore.ErrClosed))
		g.Expect(store.Commit("a", []byte("data"), later())).To(MatchError(lastmodstore.ErrClosed))
		g.Expect(store.Delete("a")).To(MatchError(lastmodstore.ErrClosed))
	})
}

func TestAFullStoreReturnsItsError(t *testing.T) {
	engines.Each(t, func(t *testing.T, s sessions) {
		g := NewWithT(t)
		store := scsstore.New(s)
		var err error
		for i := 0; i < 100 && err == nil; i++ {
			err = store.Commit(strconv.Itoa(i), nil, later())
		}
		g.Expect(err).To(MatchError(lastmodstore.ErrFull))
	}, lastmodstore.MaxEntries(3), lastmodstore.RejectWhenFull())
}

func TestANodeFindsASessionOfAnotherNode(t *testing.T) {
	g := NewWithT(t)
	nodes := engines.Nodes[string, []byte](t, 2)
	first, second := scsstore.New(nodes[0]), scsstore.New(nodes[1])
	g.Expect(first.Commit("a", []byte("data"), later())).To(Succeed())
	g.Expect(nodes[1].Sync(t.Context())).To(Succeed())
	g.Expect(expectFound(g, second, "a")).To(Equal("data"))

	g.Expect(second.Delete("a")).To(Succeed())
	g.Expect(nodes[0].Sync(t.Context())).To(Succeed())
	expectAbsent(g, first, "a")
}
