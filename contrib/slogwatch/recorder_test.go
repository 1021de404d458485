package slogwatch_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/slogwatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type (
	store   = lastmodstore.Store[string, int]
	watcher = lastmodstore.Watcher[string, int]
)

// A record is what the tests compare.
type record struct {
	level   slog.Level
	message string
	attrs   map[string]slog.Value
}

// A recorder is a handler that passes on each record and waits until it is taken.
type recorder struct {
	slog.Handler // for WithAttrs and WithGroup, which are not called
	level        slog.Level
	records      chan record
	holding      chan struct{} // holds an element while the handler waits
}

func newRecorder(level slog.Level) *recorder {
	return &recorder{level: level, records: make(chan record), holding: make(chan struct{}, 1)}
}

func (r *recorder) Enabled(_ context.Context, level slog.Level) bool { return level >= r.level }

func (r *recorder) Handle(ctx context.Context, from slog.Record) error {
	to := record{level: from.Level, message: from.Message, attrs: make(map[string]slog.Value)}
	from.Attrs(func(a slog.Attr) bool {
		to.attrs[a.Key] = a.Value
		return true
	})
	r.holding <- struct{}{}
	defer func() { <-r.holding }()
	select {
	case r.records <- to:
	case <-ctx.Done():
	}
	return nil
}

// next returns the next record.
func (r *recorder) next(t *testing.T) record {
	t.Helper()
	select {
	case got := <-r.records:
		return got
	case <-time.After(time.Minute):
	}
	t.Fatal("no record")
	return record{}
}

// hold waits until the handler holds a record.
func (r *recorder) hold(t *testing.T) {
	t.Helper()
	NewWithT(t).Eventually(r.holding, time.Minute).Should(HaveLen(1))
}

// A running is a call of Run on a goroutine of its own.
type running struct {
	stop  context.CancelFunc
	ended chan struct{}
	at    time.Time // valid after ended is closed, as is err
	err   error
}

// start starts Run, which ends with the test at the latest.
func start(t *testing.T, s watcher, since time.Time, to *recorder, opts ...slogwatch.Option) *running {
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{stop: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.at, r.err = slogwatch.Run(ctx, s, since, slog.New(to), opts...)
	}()
	t.Cleanup(func() {
		cancel()
		<-r.ended
	})
	return r
}

// position stops r and returns the position to resume from.
func (r *running) position(t *testing.T) time.Time {
	t.Helper()
	r.stop()
	<-r.ended
	NewWithT(t).Expect(r.err).To(MatchError(context.Canceled))
	return r.at
}

func keys(records ...record) []string {
	var out []string
	for _, r := range records {
		out = append(out, r.attrs["key"].String())
	}
	return out
}
