// The goroutine that calls Read runs this file.

package stream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	heartbeat    = 500 * time.Millisecond
	silenceLimit = 1250 * time.Millisecond
	silenceCheck = 100 * time.Millisecond
	// lastQuestion bounds the request that finds out why a feed is silent.
	lastQuestion = 250 * time.Millisecond
	// inactiveThreshold is when the server deletes a consumer that nobody listens to any more.
	inactiveThreshold = 2 * time.Second
	// feedBytes bounds what has arrived and is not handled yet. With flow control the server stays below half of it.
	feedBytes = 64 << 20
)

// reading is one call of Read.
type reading struct {
	log    *jetLog
	parent context.Context
	ctx    context.Context // ends when the reading ends; its cause is why
	end    context.CancelCauseFunc
	feed   *feed
	sub    *nats.Subscription
	wg     sync.WaitGroup
}

// Read implements [Log].
func (l *jetLog) Read(ctx context.Context, from uint64, h Handler) error {
	if !l.start() {
		return ErrClosed
	}
	defer l.running.Done()
	r := &reading{log: l, parent: ctx}
	r.ctx, r.end = context.WithCancelCause(ctx)
	r.wg.Go(r.watchConnection)
	if err := r.establish(from, h); err != nil {
		r.end(err)
	} else {
		r.wg.Go(r.watchLog)
		r.watchFeed()
	}
	r.unsubscribe()
	r.wg.Wait()
	return r.cause()
}

func (r *reading) establish(from uint64, h Handler) error {
	s, err := r.locate(from)
	if err != nil {
		return err
	}
	if err := r.subscribe(from, h); err != nil {
		return err
	}
	r.feed.learn(s.Last)
	if err := r.createConsumer(from); err != nil {
		return err
	}
	r.feed.heard.Store(int64(time.Since(epoch)))
	h.Alive(s.Last)
	close(r.feed.established)
	return nil
}

// locate returns the log's state if a reading can begin at from. That the log ends before is confirmed before it is believed.
func (r *reading) locate(from uint64) (state, error) {
	for attempt := 1; ; attempt++ {
		s, err := r.log.state(r.ctx)
		switch {
		case err != nil:
			return state{}, err
		case from < s.First:
			return state{}, fmt.Errorf("%w: it begins at %d, asked for %d", ErrTrimmed, s.First, from)
		case from <= s.Last || from == 1:
			return s, nil
		case attempt == confirmations && s.quorum:
			return state{}, fmt.Errorf("%w: it ends at %d, asked for %d", ErrShort, s.Last, from)
		case attempt == confirmations:
			return state{}, fmt.Errorf("%w: the leader has no quorum", ErrStalled)
		}
		if err := pause(r.ctx, confirmInterval); err != nil {
			return state{}, err
		}
	}
}

// subscribe comes before the consumer is created, so that there is interest when it begins to deliver.
func (r *reading) subscribe(from uint64, h Handler) error {
	r.feed = &feed{nc: r.log.nc, stream: r.log.stream, consumer: "feed-" + rand.Text(), handler: h, ctx: r.ctx, fail: r.end,
		established: make(chan struct{}), next: from}
	r.feed.handled.Store(from - 1)
	sub, err := r.log.nc.Subscribe(r.log.nc.NewInbox(), r.feed.receive)
	if err != nil {
		return sendError(err)
	}
	r.sub = sub
	// Bounded by bytes alone: packed messages differ in size. What does not fit is dropped, and then missing.
	return sub.SetPendingLimits(-1, feedBytes)
}

// createConsumer creates a consumer of a fresh name: one of an old name might still exist. It does not ask again: the next
// reading does, for one of another name.
func (r *reading) createConsumer(from uint64) error {
	config := jetstream.ConsumerConfig{
		Name:              r.feed.consumer,
		Description:       "The feed of a node of a replicated lastmodstore.",
		DeliverSubject:    r.sub.Subject,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       from,
		AckPolicy:         jetstream.AckNonePolicy,
		ReplayPolicy:      jetstream.ReplayInstantPolicy,
		InactiveThreshold: inactiveThreshold,
		Replicas:          1,
		MemoryStorage:     true,
		FlowControl:       true,
		IdleHeartbeat:     heartbeat,
	}
	ctx, cancel := context.WithTimeout(r.ctx, requestTimeout)
	defer cancel()
	if err := r.log.createDirect(ctx, config); err != nil {
		return fmt.Errorf("stream: creating the consumer: %w", err)
	}
	return nil
}

// watchFeed returns when the reading ends, and ends it if nothing arrives any longer.
func (r *reading) watchFeed() {
	ticker := time.NewTicker(silenceCheck)
	defer ticker.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-ticker.C:
			if r.silence() > silenceLimit {
				r.end(r.explainSilence())
			}
		}
	}
}

// silence returns for how long nothing has arrived. While the handler is busy, it is not known.
func (r *reading) silence() time.Duration {
	if n, _, err := r.sub.Pending(); err == nil && n > 0 {
		return 0
	}
	return time.Since(epoch) - time.Duration(r.feed.heard.Load())
}

// explainSilence returns ErrGone if the log is gone, and its consumer with it.
func (r *reading) explainSilence() error {
	ctx, cancel := context.WithTimeout(r.ctx, lastQuestion)
	_, err := r.log.stateOnce(ctx)
	cancel()
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = r.log.state(r.ctx)
	}
	if errors.Is(err, ErrGone) {
		return err
	}
	return ErrStalled
}

// unsubscribe returns when the handler is not called any more. The server deletes the consumer soon after.
func (r *reading) unsubscribe() {
	if r.sub == nil {
		return
	}
	_ = r.sub.Unsubscribe() // fails if the connection is closed, and the subscription with it
	r.feed.stop()
}

// cause returns why the reading ended.
func (r *reading) cause() error {
	if err := r.parent.Err(); err != nil && errors.Is(context.Cause(r.ctx), context.Cause(r.parent)) {
		return err
	}
	return context.Cause(r.ctx)
}
