package slogwatch_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/slogwatch"
)

func TestRunLogsEachChangeWithKeyTimesAndTTL(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelDebug)
		start(t, s, time.Time{}, log)

		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		e, _ := s.GetEntry("k")
		got := log.next(t)
		g.Expect(got.level).To(Equal(slog.LevelInfo))
		g.Expect(got.message).To(Equal("entry modified"))
		g.Expect(got.attrs).To(HaveLen(5))
		g.Expect(got.attrs["key"].String()).To(Equal("k"))
		g.Expect(got.attrs["at"].Time()).To(BeTemporally("==", e.LastModified))
		g.Expect(got.attrs["last_modified"].Time()).To(BeTemporally("==", e.LastModified))
		g.Expect(got.attrs["expires_at"].Time()).To(BeTemporally("==", e.ExpiresAt))
		g.Expect(got.attrs["ttl"].Duration()).To(Equal(time.Hour))

		g.Expect(s.Delete("k")).To(BeTrue())
		got = log.next(t)
		g.Expect(got.level).To(Equal(slog.LevelInfo))
		g.Expect(got.message).To(Equal("entry deleted"))
		g.Expect(got.attrs["at"].Time()).To(BeTemporally(">", e.LastModified))
		g.Expect(got.attrs["last_modified"].Time()).To(BeTemporally("==", e.LastModified))

		g.Expect(s.Set("forever", 1, lastmodstore.NoExpiry)).To(Succeed())
		got = log.next(t)
		g.Expect(got.attrs).To(HaveLen(3))
		g.Expect(got.attrs).To(And(HaveKey("key"), HaveKey("at"), HaveKey("last_modified")))
	})
}

func TestRunLogsExpiryAtLevelDebug(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelDebug)
		start(t, s, time.Time{}, log)
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		log.next(t)
		g.Expect(s.Touch("k", time.Nanosecond)).To(BeTrue())
		g.Eventually(func() int { s.Cleanup(); return s.Len() }, time.Minute).Should(BeZero())
		got := log.next(t)
		g.Expect(got.level).To(Equal(slog.LevelDebug))
		g.Expect(got.message).To(Equal("entry expired"))
		g.Expect(keys(got)).To(Equal([]string{"k"}))
	})
}

func TestRunLogsEviction(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelInfo)
		start(t, s, time.Time{}, log)
		var messages []string
		for _, k := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} { // a shard evicts when it is full
			before := s.Stats().Evictions
			g.Expect(s.Set(k, 1, time.Hour)).To(Succeed())
			for range 1 + s.Stats().Evictions - before {
				messages = append(messages, log.next(t).message)
			}
		}
		g.Expect(messages).To(ContainElement("entry evicted"))
		g.Expect(messages).To(HaveEach(BeElementOf("entry modified", "entry evicted")))
	}, lastmodstore.MaxEntries(1))
}

func TestRunLogsAtLevelWarnBetweenWhichTimesChangesWereMissed(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelInfo)
		start(t, s, time.Time{}, log)
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		at := log.next(t).attrs["at"].Time()
		g.Expect(s.Clear()).To(Succeed())
		got := log.next(t)
		g.Expect(got.level).To(Equal(slog.LevelWarn))
		g.Expect(got.message).To(Equal("changes missed"))
		g.Expect(got.attrs["after"].Time()).To(BeTemporally("==", at))
		g.Expect(got.attrs["at"].Time()).To(BeTemporally(">", at))
		g.Expect(got.attrs).NotTo(HaveKey("key"))

		g.Expect(s.Set("k", 2, time.Hour)).To(Succeed())
		g.Expect(log.next(t).message).To(Equal("entry modified"), "it goes on")
	})
}

func TestValuesAreLoggedOnlyByOption(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		g.Expect(s.Set("k", 42, time.Hour)).To(Succeed())
		without, with := newRecorder(slog.LevelInfo), newRecorder(slog.LevelInfo)
		start(t, s, time.Time{}, without)
		start(t, s, time.Time{}, with, slogwatch.Values())
		g.Expect(without.next(t).attrs).NotTo(HaveKey("value"))
		g.Expect(with.next(t).attrs["value"].Int64()).To(BeEquivalentTo(42))
	})
}

func TestLevelSetsTheLevelOfOneKind(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelInfo)
		r := start(t, s, time.Now(), log, slogwatch.Level(lastmodstore.Modified, slog.LevelDebug), slogwatch.Level(lastmodstore.Deleted, slog.LevelError))
		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		g.Expect(s.Delete("k")).To(BeTrue())
		got := log.next(t)
		g.Expect(got.message).To(Equal("entry deleted"), "Debug is not enabled")
		g.Expect(got.level).To(Equal(slog.LevelError))
		g.Expect(r.position(t)).To(BeTemporally("==", got.attrs["at"].Time()))
	}, lastmodstore.RemovalLog(10)) // so that a removal before Run has begun is not missed
}

func TestRunResumesWhereAnotherEnded(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelInfo)
		first := start(t, s, time.Time{}, log)
		g.Expect(s.Set("a", 1, time.Hour)).To(Succeed())
		g.Expect(s.Set("b", 1, time.Hour)).To(Succeed())
		g.Expect(keys(log.next(t), log.next(t))).To(Equal([]string{"a", "b"}))
		at := first.position(t)

		g.Expect(s.Set("c", 1, time.Hour)).To(Succeed())
		g.Expect(s.Delete("a")).To(BeTrue())
		start(t, s, at, log)
		g.Expect(keys(log.next(t), log.next(t))).To(Equal([]string{"c", "a"}))
	})
}

func TestRunResumesOnAnotherNode(t *testing.T) {
	g := NewWithT(t)
	nodes := engines.Nodes[string, int](t, 2)
	log := newRecorder(slog.LevelInfo)
	first := start(t, nodes[0], time.Time{}, log)
	g.Expect(nodes[1].Set("a", 1, time.Hour)).To(Succeed())
	g.Expect(keys(log.next(t))).To(Equal([]string{"a"}))
	at := first.position(t)

	g.Expect(nodes[0].Set("b", 1, time.Hour)).To(Succeed())
	start(t, nodes[1], at, log)
	g.Expect(keys(log.next(t))).To(Equal([]string{"b"}))
}

func TestRunSinceNowLeavesOutWhatIsThere(t *testing.T) {
	engines.EachInBubble(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		g.Expect(s.Set("old", 1, time.Hour)).To(Succeed())
		time.Sleep(time.Second)
		log := newRecorder(slog.LevelDebug)
		start(t, s, time.Now(), log)
		time.Sleep(time.Second)
		g.Expect(s.Set("new", 1, time.Hour)).To(Succeed())
		g.Expect(keys(log.next(t))).To(Equal([]string{"new"}))
	})
}

func TestASlowHandlerDelaysNoWriteAndSkipsSupersededStates(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelInfo)
		start(t, s, time.Time{}, log, slogwatch.Values())
		g.Expect(s.Set("held", 1, time.Hour)).To(Succeed())
		log.hold(t)
		for v := range 1000 {
			g.Expect(s.Set("k", v, time.Hour)).To(Succeed())
		}
		g.Expect(keys(log.next(t))).To(Equal([]string{"held"}))
		got := log.next(t)
		g.Expect(keys(got)).To(Equal([]string{"k"}))
		g.Expect(got.attrs["value"].Int64()).To(BeEquivalentTo(999))
	})
}

func TestASlowHandlerMissesMoreRemovalsThanAreRemembered(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		log := newRecorder(slog.LevelInfo)
		start(t, s, time.Time{}, log)
		g.Expect(s.Set("held", 1, time.Hour)).To(Succeed())
		log.hold(t)
		for range 100 {
			g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
			g.Expect(s.Delete("k")).To(BeTrue())
		}
		held, missed := log.next(t), log.next(t)
		g.Expect(keys(held)).To(Equal([]string{"held"}))
		g.Expect(missed.message).To(Equal("changes missed"))
		g.Expect(missed.attrs["after"].Time()).To(BeTemporally("==", held.attrs["at"].Time()))
		g.Expect(s.Set("last", 1, time.Hour)).To(Succeed())
		g.Expect(keys(log.next(t))).To(Equal([]string{"last"}))
	}, lastmodstore.RemovalLog(2))
}

func TestRunReturnsWhyItEnded(t *testing.T) {
	engines.Each(t, func(t *testing.T, s store) {
		g := NewWithT(t)
		why := errors.New("shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		since := time.Now()
		at, err := slogwatch.Run(ctx, s, since, slog.New(slog.DiscardHandler))
		g.Expect(err).To(MatchError(why))
		g.Expect(at).To(Equal(since))

		g.Expect(s.Set("k", 1, time.Hour)).To(Succeed())
		log := newRecorder(slog.LevelInfo)
		r := start(t, s, time.Time{}, log)
		got := log.next(t)
		g.Expect(s.Close()).To(Succeed())
		g.Eventually(r.ended, time.Minute).Should(BeClosed())
		g.Expect(r.err).To(MatchError(lastmodstore.ErrClosed))
		g.Expect(r.at).To(BeTemporally("==", got.attrs["at"].Time()))
	})
}
