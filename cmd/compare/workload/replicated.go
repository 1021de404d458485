package workload

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/internal/deployment"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

// Replicated is the name of the workload that measures stores over servers, which it
// starts on this machine. Like Parts it has implementations of its own.
const Replicated = "replicated"

// logs are where the log of a store is kept. Other systems store in the same way.
var logs = []logKind{
	{"R1-memory", 1, jetstream.MemoryStorage, false},
	{"R3-file", 3, jetstream.FileStorage, false},
	{"R3-file-synced", 3, jetstream.FileStorage, true},
}

// A logKind is one way to keep a log.
type logKind struct {
	name    string
	servers int // each with a replica
	storage jetstream.StorageType
	synced  bool // flushed to the disk before it is acknowledged
}

func (l logKind) start() (*deployment.Deployment, error) {
	if l.synced {
		return deployment.Start(l.servers, embedded.SyncAlways())
	}
	return deployment.Start(l.servers)
}

func (l logKind) options() []replicated.Option {
	o := []replicated.Option{replicated.Replicas(l.servers), deployment.NoSaving()}
	if l.storage == jetstream.MemoryStorage {
		o = append(o, replicated.InMemory())
	}
	return o
}

// replicatedCells measures local reads next to those of servers, and writes next to what
// they consist of and to other systems.
func replicatedCells(p Plan) []Cell {
	slice := choose(p, 50*time.Millisecond, 100*time.Millisecond)
	cells := []Cell{replicatedCell(slice, "Get", logs[0], 1, "mutexstore")}
	for _, log := range choose(p, logs[:1], logs) {
		for _, callers := range choose(p, []int{1, 64}, []int{1, 64, 512}) {
			cells = append(cells, replicatedCell(slice, "Set", log, callers, "publish"))
		}
	}
	return cells
}

func replicatedCell(slice time.Duration, op string, log logKind, callers int, baseline string) Cell {
	s := &servers{log: log}
	var own []implementation.Implementation
	takers := map[string]party{}
	for _, x := range parties {
		if x.takesPart(op, log) {
			own = append(own, implementation.Implementation{Implementation: x.Implementation})
			takers[x.Name] = x
		}
	}
	return Cell{
		Workload: Replicated,
		Params:   []result.Param{param("op", op), param("log", log.name), param("callers", callers)},
		Baseline: baseline,
		Own:      own,
		Cost:     slice,
		Open: func(c implementation.Implementation) (Trial, error) {
			return remoteTrial(takers[c.Name], s, op, &closedLoop{callers: callers, slice: slice})
		},
	}
}

// remoteTrial opens one side of a cell. What is not installed is a lack.
func remoteTrial(x party, s *servers, op string, loop *closedLoop) (Trial, error) {
	o, err := x.open(s)
	if errors.Is(err, external.ErrMissing) {
		return Trial{}, implementation.Lack(err.Error())
	}
	if err != nil {
		return Trial{}, err
	}
	r := &remoteCalls{loop: loop}
	switch {
	case op == "Get":
		r.call, err = o.get, deployment.Fill(o.set)
	case o.flood != nil && loop.callers > 1:
		r.flood, loop.callers = o.flood, 1
	default:
		r.call = o.set
	}
	if err != nil {
		return Trial{}, errors.Join(err, o.close())
	}
	return Trial{Run: r.run, Check: r.check, Close: func() { o.close() }}, nil
}

// remoteCalls is a trial whose calls may fail.
type remoteCalls struct {
	loop    *closedLoop
	call    deployment.Call
	flood   func(n int) (int, error) // if not nil, makes all calls of a round
	failure atomic.Pointer[error]
}

// run returns only the time: what servers use of the processors is not known here.
func (r *remoteCalls) run() []Sample {
	return r.loop.run(func(caller, ops int) {
		if err := r.make(caller, ops); err != nil {
			r.failure.Store(&err)
		}
	})[:1]
}

func (r *remoteCalls) make(caller, ops int) error {
	if r.flood != nil {
		_, err := r.flood(ops)
		return err
	}
	for i := range ops {
		if err := r.call(caller*37 + i); err != nil {
			return err
		}
	}
	return nil
}

// check returns an error if a call failed.
func (r *remoteCalls) check() error {
	if err := r.failure.Load(); err != nil {
		return fmt.Errorf("a call failed: %w", *err)
	}
	return nil
}

// servers are shared by the trials of a cell, so that no other ones run meanwhile. They
// run from the first use to the last release, all on the runner's goroutine.
type servers struct {
	log   logKind
	d     *deployment.Deployment
	users int
}

func (s *servers) use() (*deployment.Deployment, error) {
	if s.users == 0 {
		d, err := s.log.start()
		if err != nil {
			return nil, err
		}
		s.d = d
	}
	s.users++
	return s.d, nil
}

func (s *servers) release() error {
	if s.users--; s.users > 0 {
		return nil
	}
	return s.d.Close()
}
