package workload

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
	"github.com/lastmodstore/lastmodstore/cmd/compare/internal/deployment"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A party is one side of the cells of the workload replicated.
type party struct {
	result.Implementation
	reads  bool     // takes part in reads
	writes []string // the logs with whose writes it takes part
	open   func(*servers) (opened, error)
}

// opened is a store or a system that can be called.
type opened struct {
	get, set deployment.Call
	flood    func(n int) (int, error) // if not nil, stands for the writes of many callers
	close    func() error
}

// parties are all sides. The kind of each is the name of the workload.
var parties = []party{
	{result.Implementation{Name: "mutexstore", Kind: Replicated, About: "a store of this process alone"}, true, nil, openLocal},
	{result.Implementation{Name: "replicated", Kind: Replicated, About: "a node connected to the leader of its log; a Set is one command"}, true, names(logs), openReplicated},
	{result.Implementation{Name: "publish", Kind: Replicated, About: "bare messages of 32 bytes to such a log; for one caller each acknowledged before the next, for many one goroutine with at most 4,000 unacknowledged"}, false, names(logs), openPublisher},
	{result.Implementation{Name: "NATS KV", Kind: Replicated, About: "a bucket on the same servers: Get and Put"}, true, names(logs), openBucket},
	{result.Implementation{Name: "Redis", Kind: Replicated, About: "redis-server that writes no file: GET and SET"}, true, []string{"R1-memory"}, openRedis},
	{result.Implementation{Name: "etcd", Kind: Replicated, About: "as many members as the log has servers: serializable Range and Put; flushes its write-ahead log"}, true, []string{"R3-file-synced"}, openEtcd},
}

func names(all []logKind) (names []string) {
	for _, l := range all {
		names = append(names, l.name)
	}
	return names
}

func (x party) takesPart(op string, log logKind) bool {
	if op == "Get" {
		return x.reads
	}
	return slices.Contains(x.writes, log.name)
}

func openLocal(*servers) (opened, error) {
	m := mutexstore.New[string, int](time.Minute)
	return opened{get: deployment.Get(m.Get), set: deployment.Set(m.Set), close: m.Close}, nil
}

// onServers opens something on the shared servers.
func onServers(s *servers, open func(*deployment.Deployment) (opened, error)) (opened, error) {
	d, err := s.use()
	if err != nil {
		return opened{}, err
	}
	o, err := open(d)
	if err != nil {
		return opened{}, errors.Join(err, s.release())
	}
	o.close = s.release
	return o, nil
}

func openReplicated(s *servers) (opened, error) {
	return onServers(s, func(d *deployment.Deployment) (opened, error) {
		store, _, err := d.OpenAtLeader(s.log.options()...)
		if err != nil {
			return opened{}, err
		}
		return opened{get: deployment.Get(store.Get), set: deployment.Set(store.Set)}, nil
	})
}

func openPublisher(s *servers) (opened, error) {
	return onServers(s, func(d *deployment.Deployment) (opened, error) {
		p, err := d.Publisher(s.log.storage)
		if err != nil {
			return opened{}, err
		}
		return opened{set: p.Acknowledged, flood: p.Flood}, nil
	})
}

func openBucket(s *servers) (opened, error) {
	return onServers(s, func(d *deployment.Deployment) (opened, error) {
		b, err := d.Bucket(s.log.storage)
		if err != nil {
			return opened{}, err
		}
		ctx := context.Background()
		return opened{get: deployment.BucketGet(ctx, b), set: deployment.BucketPut(ctx, b)}, nil
	})
}

func openRedis(*servers) (opened, error) {
	ctx := context.Background()
	r, err := external.StartRedis(ctx)
	if err != nil {
		return opened{}, err
	}
	return opened{get: deployment.RedisGet(ctx, r), set: deployment.RedisSet(ctx, r), close: r.Close}, nil
}

func openEtcd(s *servers) (opened, error) {
	ctx := context.Background()
	e, err := external.StartEtcd(ctx, s.log.servers)
	if err != nil {
		return opened{}, err
	}
	return opened{get: deployment.EtcdGet(ctx, e), set: deployment.EtcdPut(ctx, e), close: e.Close}, nil
}
