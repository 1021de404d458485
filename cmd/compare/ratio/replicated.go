package main

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/cmd/compare/internal/deployment"
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

const pipelined = 16

// replicatedGet compares local reads with those of a local store and of servers.
func replicatedGet(rounds int) ([]figure.Figure, error) {
	d, err := deployment.Start(1)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s, _, err := d.OpenAtLeader(replicated.InMemory())
	if err != nil {
		return nil, err
	}
	m := mutexstore.New[string, int](time.Minute)
	defer m.Close()
	if err := errors.Join(deployment.Fill(deployment.Set(s.Set)), deployment.Fill(deployment.Set(m.Set))); err != nil {
		return nil, err
	}
	jobs := []job{single("replicated", deployment.Get(s.Get)), single("mutexstore", deployment.Get(m.Get))}
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

// remoteReads starts the servers that are installed. The reasons are figures without a
// value for those that are not.
func remoteReads() (jobs []job, reasons []figure.Figure, stop func(), err error) {
	var closers []func() error
	stop = func() {
		for _, c := range closers {
			c()
		}
	}
	for _, x := range []struct {
		name  string
		start func(context.Context) ([]job, func() error, error)
	}{{"Redis GET", redisReads}, {"etcd Range", etcdReads}} {
		more, closer, err := x.start(context.Background())
		switch {
		case errors.Is(err, external.ErrMissing):
			reasons = append(reasons, leftOut("replicated Get / "+x.name, err))
			continue
		case err != nil:
			stop()
			return nil, nil, nil, err
		}
		jobs, closers = append(jobs, more...), append(closers, closer)
	}
	return jobs, reasons, stop, nil
}

// leftOut returns the line of a figure that cannot be measured.
func leftOut(name string, reason error) figure.Figure {
	f := figure.Value(name, 0, "", figure.NoGoal)
	f.Note = "left out: " + reason.Error()
	return f
}

func redisReads(ctx context.Context) ([]job, func() error, error) {
	r, err := external.StartRedis(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := deployment.Fill(deployment.RedisSet(ctx, r)); err != nil {
		return nil, nil, errors.Join(err, r.Close())
	}
	return []job{
		single("Redis GET", deployment.RedisGet(ctx, r)),
		batches("Redis GET, pipelined by 16", func(i int) error {
			_, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
				for k := range pipelined {
					p.Get(ctx, deployment.KeyName(i+k))
				}
				return nil
			})
			return err
		}),
	}, r.Close, nil
}

// etcdReads returns jobs with one request at a time and with many, on one connection.
func etcdReads(ctx context.Context) ([]job, func() error, error) {
	e, err := external.StartEtcd(ctx, 1)
	if err != nil {
		return nil, nil, err
	}
	if err := deployment.Fill(deployment.EtcdPut(ctx, e)); err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	get := deployment.EtcdGet(ctx, e)
	return []job{single("etcd Range", get), concurrent("etcd Range, 16 at a time", pipelined, get)}, e.Close, nil
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
