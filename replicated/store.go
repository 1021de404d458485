// Package replicated implements a [lastmodstore.Store] on as many nodes as you like,
// kept in step by a replicated log: a NATS JetStream stream.
//
// Every write is a command that is appended to the log. Every node reads the log and
// applies the commands, in the order of the log, to its own replica, and a write
// returns when its own node has applied it. So all nodes go through the same states.
// Reads are local: they cost what they cost in package mutexstore, and wait for
// nothing. This is the actor design again: the log is the mailbox.
//
// What a read returns belongs to the node: a caller that changes what a value refers to,
// such as the bytes of a []byte, makes this node differ from the others.
//
// A goroutine reads its own writes. A read on another node may be older, by what
// [Store.Health] shows; after [Store.Sync] it is not.
package replicated

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/seam"
	"github.com/lastmodstore/lastmodstore/mutexstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/codec"
	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// hidden gives the embedded field an unexported name, so that it is not part of the
// documentation.
type hidden = seam.Engine

// Store is one node of a replicated store. It is opened by [Open].
type Store[K comparable, V any] struct {
	*hidden
	options options
	keys    codec.Codec[K]
	values  codec.Codec[V]

	log      stream.Log
	local    *mutexstore.Store[K, V] // of the replica, for reads
	replica  *replica.Replica[K, V]  // written by the goroutine of the feed alone
	pipeline *pipeline[V]
	status   status
	saving   saving
	clock    clockCheck

	corrected  int64         // by how much the timeline of reads is; for the goroutine of the feed
	idleSweeps atomic.Uint64 // sweeps that found nothing to remove

	closed  atomic.Bool     // the first Close has begun
	ended   chan struct{}   // closed when Close has ended the node
	ctx     context.Context // of the goroutines
	cancel  context.CancelFunc
	running sync.WaitGroup
}

var _ lastmodstore.Store[string, any] = (*Store[string, any])(nil)

// Open joins the store of that name, creating it if there is none, and returns when
// this node has caught up with the log. It uses the connection of js, which must stay
// open until the store is closed. If ctx ends first, Open returns its error with the
// latest problem.
//
// It returns [ErrIncompatible] if the store was created with other options, types or
// codecs, and [ErrCodec] if keys are of a type that refers to something by address, as
// pointers, interfaces and [time.Time] do.
func Open[K comparable, V any](ctx context.Context, js jetstream.JetStream, name string, opts ...Option) (*Store[K, V], error) {
	o := newOptions(opts)
	storage := jetstream.FileStorage
	if o.inMemory {
		storage = jetstream.MemoryStorage
	}
	config := stream.Config{
		Replicas: o.replicas,
		Storage:  storage,
		MaxBytes: o.maxBytes,
		Settings: o.settings(codec.ForKeys[K](o.keys).Name, codec.ForValues[V](o.values).Name),
	}
	s, err := openBy[K, V](ctx, func(ctx context.Context) (stream.Log, error) { return stream.Create(ctx, js, name, config) }, o)
	if err != nil {
		return nil, fmt.Errorf("store %q: %w", name, err)
	}
	return s, nil
}

// openBy is Open with a function that joins or creates the log.
func openBy[K comparable, V any](ctx context.Context, create func(context.Context) (stream.Log, error), o options) (*Store[K, V], error) {
	if err := codec.CheckKeys[K](); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCodec, err)
	}
	var log stream.Log
	err := persist(ctx, func(ctx context.Context) (err error) {
		log, err = create(ctx)
		return err
	})
	switch {
	case err == nil:
		return open[K, V](ctx, log, o)
	case o.file != "":
		return openFromFile[K, V](create, o, err)
	}
	return nil, err
}

// open is Open on a log. It closes the log if it fails.
func open[K comparable, V any](ctx context.Context, log stream.Log, o options) (*Store[K, V], error) {
	var info stream.Info
	err := persist(ctx, func(ctx context.Context) (err error) {
		info, err = log.Info(ctx)
		return err
	})
	keys, values := codec.ForKeys[K](o.keys), codec.ForValues[V](o.values)
	if err == nil {
		err = checkSettings(o.settings(keys.Name, values.Name), info.Settings)
	}
	if err != nil {
		log.Close()
		return nil, err
	}
	r := newReplica(o, keys, values, info)
	restoreFile(ctx, r, o.file, log, info)
	s := newStore(o, keys, values, log, r)
	s.start()
	if err := s.status.wait(ctx, info.Last); err != nil {
		s.Close()
		return nil, fmt.Errorf("replicated: not caught up with the log: %w", err)
	}
	return s, nil
}

func newReplica[K comparable, V any](o options, keys codec.Codec[K], values codec.Codec[V], info stream.Info) *replica.Replica[K, V] {
	wall := func() int64 { return o.clock().UnixNano() }
	return replica.New(keys, values, info.ID, info.Created, wall, o.engineOptions()...)
}

func newStore[K comparable, V any](o options, keys codec.Codec[K], values codec.Codec[V], log stream.Log, r *replica.Replica[K, V]) *Store[K, V] {
	s := &Store[K, V]{options: o, keys: keys, values: values, log: log,
		ended: make(chan struct{}), local: r.Store, replica: r, pipeline: newPipeline[V](log, o.clock, o.machine)}
	s.hidden = seam.New[K](s, nil, nil)
	return s
}

// start starts the goroutines.
func (s *Store[K, V]) start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.ctx, s.cancel = ctx, cancel
	s.saving.start(&s.options, s.replica.Position().Seq)
	s.running.Go(func() { s.follow(ctx) })
	s.running.Go(func() { s.pipeline.resend(ctx.Done()) })
	if s.options.cleanup > 0 {
		s.running.Go(func() { s.sweepEvery(ctx, s.options.cleanup) })
	}
}

// drainTime bounds how long Close waits for the results of writes in progress.
const drainTime = time.Second

// Close implements [io.Closer]: it ends this node, and leaves the log and the other
// nodes as they are. Writes in progress get their results, if they arrive within a
// second, and otherwise [ErrUncertain] or [ErrUnavailable].
func (s *Store[K, V]) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		<-s.ended
		return nil
	}
	s.pipeline.refuse(lastmodstore.ErrClosed)
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-s.pipeline.drain():
	case <-timer.C:
	}
	s.pipeline.abort(errors.New("the store was closed"))
	s.cancel()
	s.running.Wait()
	s.fileAtEnd()
	s.log.Close()
	s.local.Close()
	close(s.ended)
	return nil
}

// Sync returns when everything that was acknowledged on any node before the call can
// be read on this one. It appends a command that changes nothing and waits for it until
// ctx ends, however long that is.
func (s *Store[K, V]) Sync(ctx context.Context) error {
	_, err := s.doContext(ctx, &command.Command{Op: command.Nop}, unlimited)
	return err
}
