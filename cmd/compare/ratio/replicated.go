package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
	"github.com/lastmodstore/lastmodstore/mutexstore"
	"github.com/lastmodstore/lastmodstore/replicated"
)

// replicatedFigures compares replicated stores with what they consist of, and with
// Redis and etcd. All servers run on this machine and take part of its processors.
func replicatedFigures(rounds int) ([]figure.Figure, error) {
	return concat(rounds, replicatedGet, replicatedSetOne, replicatedSetMany, replicatedCounter, replicatedLag)
}

func concat(rounds int, parts ...func(rounds int) ([]figure.Figure, error)) (all []figure.Figure, err error) {
	for _, part := range parts {
		figures, err := part(rounds)
		if err != nil {
			return nil, err
		}
		all = append(all, figures...)
	}
	return all, nil
}

// keyNames are the keys of all these measurements.
var keyNames = func() []string {
	all := make([]string, few)
	for i := range all {
		all[i] = fmt.Sprintf("key-%08d", i)
	}
	return all
}()

func keyName(i int) string { return keyNames[i%few] }

const (
	pipelined = 16
	hour      = time.Hour
)

// replicatedGet compares local reads with those of a local store and of servers.
func replicatedGet(rounds int) ([]figure.Figure, error) {
	d, err := deploy(1)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s, _, err := d.openAtLeader(replicated.InMemory())
	if err != nil {
		return nil, err
	}
	m := mutexstore.New[string, int](time.Minute)
	defer m.Close()
	for i := range few {
		if err := errors.Join(s.Set(keyName(i), i, hour), m.Set(keyName(i), i, hour)); err != nil {
			return nil, err
		}
	}
	jobs := []job{single("replicated", present(s.Get)), single("mutexstore", present(m.Get))}
	remote, reasons, stop, err := remoteReads()
	if err != nil {
		return nil, err
	}
	defer stop()
	times, err := alternate("local Get", rounds, append(jobs, remote...)...)
	if err != nil {
		return nil, err
	}
	figures := []figure.Figure{figure.Ratio("replicated Get / mutexstore", times[0], times[1], "ns", 1.1)}
	for i, j := range remote {
		figures = append(figures, figure.Ratio("replicated Get / "+j.name, times[0], times[2+i], "ns", 0.01))
	}
	return append(figures, reasons...), nil
}

var errAbsent = errors.New("an entry is absent")

func present(get func(string) (int, bool)) func(i int) error {
	return func(i int) error {
		if _, ok := get(keyName(i)); !ok {
			return errAbsent
		}
		return nil
	}
}

// remoteReads starts the servers that are installed. The reasons are figures without a
// value for those that are not.
func remoteReads() (jobs []job, reasons []figure.Figure, stop func(), err error) {
	ctx := context.Background()
	var closers []func() error
	stop = func() {
		for _, c := range closers {
			c()
		}
	}
	r, err := external.StartRedis(ctx)
	switch {
	case errors.Is(err, external.ErrMissing):
		reasons = append(reasons, leftOut("replicated Get / Redis GET", err))
	case err != nil:
		return nil, nil, nil, err
	default:
		closers = append(closers, r.Close)
		jobs = append(jobs, redisReads(ctx, r)...)
	}
	e, err := external.StartEtcd(ctx, 1)
	switch {
	case errors.Is(err, external.ErrMissing):
		reasons = append(reasons, leftOut("replicated Get / etcd Range", err))
	case err != nil:
		stop()
		return nil, nil, nil, err
	default:
		closers = append(closers, e.Close)
		jobs = append(jobs, etcdReads(ctx, e)...)
	}
	return jobs, reasons, stop, nil
}

// leftOut returns the line of a figure that cannot be measured.
func leftOut(name string, reason error) figure.Figure {
	f := figure.Value(name, 0, "", figure.NoGoal)
	f.Note = "left out: " + reason.Error()
	return f
}

func redisReads(ctx context.Context, r *external.Redis) []job {
	for i := range few {
		r.Set(ctx, keyName(i), i, 0)
	}
	return []job{
		single("Redis GET", func(i int) error { return r.Get(ctx, keyName(i)).Err() }),
		batches("Redis GET, pipelined by 16", func(i int) error {
			_, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
				for k := range pipelined {
					p.Get(ctx, keyName(i+k))
				}
				return nil
			})
			return err
		}),
	}
}

// etcdReads reads what one member has, without asking the others. Many requests use one
// connection at a time.
func etcdReads(ctx context.Context, e *external.Etcd) []job {
	for i := range few {
		e.Put(ctx, keyName(i), strconv.Itoa(i))
	}
	get := func(i int) error {
		r, err := e.Get(ctx, keyName(i), clientv3.WithSerializable())
		if err == nil && len(r.Kvs) == 0 {
			return errAbsent
		}
		return err
	}
	return []job{single("etcd Range", get), concurrent("etcd Range, 16 at a time", pipelined, get)}
}

// batches returns a job of one caller, each of whose calls counts as many.
func batches(name string, call func(i int) error) job {
	return job{name, func(n int) (int, error) {
		for i := 0; i < n; i += pipelined {
			if err := call(i); err != nil {
				return n, err
			}
		}
		return (n + pipelined - 1) / pipelined * pipelined, nil
	}}
}
