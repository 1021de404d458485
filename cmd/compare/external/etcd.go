package external

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Etcd is a cluster of members on this machine.
type Etcd struct {
	*clientv3.Client
	programs []*program
}

// StartEtcd starts a cluster of that many members and connects to all of them.
func StartEtcd(ctx context.Context, members int) (*Etcd, error) {
	addresses, err := freeAddresses(2 * members)
	if err != nil {
		return nil, err
	}
	clients, peers := addresses[:members], addresses[members:]
	e := new(Etcd)
	for i := range members {
		p, err := start("etcd", func(dir string) []string { return memberArgs(dir, i, clients, peers) })
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.programs = append(e.programs, p)
	}
	e.Client, err = clientv3.New(clientv3.Config{Endpoints: clients, DialTimeout: startTimeout, Logger: zap.NewNop()})
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if err := e.programs[0].await(func() error { return e.probe(ctx) }); err != nil {
		e.programs = e.programs[1:]
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// probe writes, which takes a leader.
func (e *Etcd) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := e.Put(ctx, "probe", "")
	return err
}

func memberArgs(dir string, i int, clients, peers []string) []string {
	var cluster []string
	for k, peer := range peers {
		cluster = append(cluster, fmt.Sprintf("member%d=http://%s", k, peer))
	}
	client, peer := "http://"+clients[i], "http://"+peers[i]
	return []string{"--name", fmt.Sprint("member", i), "--data-dir", filepath.Join(dir, "data"), "--logger", "zap", "--log-level", "error",
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", strings.Join(cluster, ",")}
}

// Close ends the connections and the members.
func (e *Etcd) Close() error {
	var errs []error
	if e.Client != nil {
		errs = append(errs, e.Client.Close())
	}
	for _, p := range e.programs {
		errs = append(errs, p.stop())
	}
	return errors.Join(errs...)
}
