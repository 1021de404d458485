package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/cmd/compare/internal/deployment"
	"github.com/lastmodstore/lastmodstore/compare/ratio/figure"
	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

// replicatedSetOne compares the time of one write with that of one bare publish.
func replicatedSetOne(rounds int) ([]figure.Figure, error) {
	memory, err := setOneMemory(rounds)
	if err != nil {
		return nil, err
	}
	file, err := setOneFile(rounds)
	return append(memory, file...), err
}

func setOneMemory(rounds int) ([]figure.Figure, error) {
	d, err := deployment.Start(1)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s, _, err := d.OpenAtLeader(replicated.InMemory(), deployment.NoSaving())
	if err != nil {
		return nil, err
	}
	p, err := d.Publisher(jetstream.MemoryStorage)
	if err != nil {
		return nil, err
	}
	times, err := alternate("Set, R1 memory, 1 caller", rounds, single("Set", deployment.Set(s.Set)), single("publish", p.Acknowledged))
	if err != nil {
		return nil, err
	}
	return []figure.Figure{figure.Ratio("replicated Set, R1 memory, 1 caller / acknowledged publish", times[0]/1e3, times[1]/1e3, "us", 1.3)}, nil
}

// setOneFile distinguishes whether the node is connected to the leader of its log, as the
// publisher is.
func setOneFile(rounds int) ([]figure.Figure, error) {
	d, err := deployment.Start(3)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	p, err := d.Publisher(jetstream.FileStorage)
	if err != nil {
		return nil, err
	}
	var jobs []job
	type open = func(...replicated.Option) (*replicated.Store[string, int], string, error)
	for _, o := range []open{d.OpenAtLeader, d.OpenAwayFromLeader} {
		s, _, err := o(replicated.Replicas(3), deployment.NoSaving())
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, single("Set", deployment.Set(s.Set)))
	}
	times, err := alternate("Set, R3 file, 1 caller", rounds, append(jobs, single("publish", p.Acknowledged))...)
	if err != nil {
		return nil, err
	}
	return []figure.Figure{
		figure.Ratio("replicated Set, R3 file, 1 caller, at the leader / acknowledged publish", times[0]/1e3, times[2]/1e3, "us", 1.3),
		figure.Ratio("replicated Set, R3 file, 1 caller, at another server / acknowledged publish", times[1]/1e3, times[2]/1e3, "us", 2.2),
	}, nil
}

// replicatedSetMany compares how much can be written. The time is of a command, or of a
// message of a bare publisher: a store packs many commands into a message.
func replicatedSetMany(rounds int) ([]figure.Figure, error) {
	memory, err := setManyOn(rounds, "R1 memory", 1, jetstream.MemoryStorage, replicated.InMemory())
	if err != nil {
		return nil, err
	}
	file, err := setManyOn(rounds, "R3 file", 3, jetstream.FileStorage, replicated.Replicas(3))
	if err != nil {
		return nil, err
	}
	durable, err := setManyDurable(rounds)
	return append(append(memory, file...), durable...), err
}

var callers = []int{64, 512}

func setManyOn(rounds int, where string, servers int, storage jetstream.StorageType, opts ...replicated.Option) ([]figure.Figure, error) {
	d, err := deployment.Start(servers)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s, _, err := d.OpenAtLeader(append(opts, deployment.NoSaving())...)
	if err != nil {
		return nil, err
	}
	p, err := d.Publisher(storage)
	if err != nil {
		return nil, err
	}
	jobs := []job{{"publish", p.Flood}}
	for _, n := range callers {
		jobs = append(jobs, concurrent(fmt.Sprint(n, " callers"), n, deployment.Set(s.Set)))
	}
	times, err := alternate("Set, "+where+", many callers", rounds, jobs...)
	if err != nil {
		return nil, err
	}
	var figures []figure.Figure
	for i, n := range callers {
		f := figure.Ratio(fmt.Sprintf("replicated Set, %s, %d callers, per command / asynchronous publish, per message", where, n),
			times[1+i]/1e3, times[0]/1e3, "us", 1/0.6)
		f.Note = fmt.Sprintf("%s commands/s, %s messages/s: %.2f, at least 0.6", perSecond(times[1+i]), perSecond(times[0]), times[0]/times[1+i])
		figures = append(figures, f)
	}
	return figures, nil
}

func perSecond(nanos float64) string { return strconv.Itoa(int(float64(time.Second) / nanos)) }

// setManyDurable compares stores with etcd where both flush what they acknowledge to the
// disk, on a majority of three servers: etcd its write-ahead log, once for all requests
// that it has received meanwhile; the servers of the log each message, and each entry of
// the Raft log.
func setManyDurable(rounds int) ([]figure.Figure, error) {
	const name = "replicated Set, R3 file, SyncAlways, %d callers / etcd Put, 3 members, 64 clients"
	ctx := context.Background()
	e, err := external.StartEtcd(ctx, 3)
	if err != nil {
		return leftOutIfMissing(fmt.Sprintf(name, callers[0]), err)
	}
	defer e.Close()
	d, err := deployment.Start(3, embedded.SyncAlways())
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s, _, err := d.OpenAtLeader(replicated.Replicas(3), deployment.NoSaving())
	if err != nil {
		return nil, err
	}
	jobs := []job{concurrent("etcd Put", 64, deployment.EtcdPut(ctx, e))}
	for _, n := range callers {
		jobs = append(jobs, concurrent(fmt.Sprint(n, " callers"), n, deployment.Set(s.Set)))
	}
	times, err := alternate("Set, R3 file, SyncAlways, many callers", rounds, jobs...)
	if err != nil {
		return nil, err
	}
	var figures []figure.Figure
	for i, n := range callers {
		f := figure.Ratio(fmt.Sprintf(name, n), times[1+i]/1e3, times[0]/1e3, "us", 0.2)
		f.Note = fmt.Sprintf("%s/s, %s/s: %.1f, at least 5; both flush on a majority before they acknowledge", perSecond(times[1+i]), perSecond(times[0]), times[0]/times[1+i])
		figures = append(figures, f)
	}
	return figures, nil
}
