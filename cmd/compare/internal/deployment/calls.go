package deployment

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/lastmodstore/lastmodstore/cmd/compare/external"
)

// Keys is how many keys are used.
const Keys = 1000

// TTL is so long that nothing expires during a measurement.
const TTL = time.Hour

var keyNames = func() []string {
	all := make([]string, Keys)
	for i := range all {
		all[i] = fmt.Sprintf("key-%08d", i)
	}
	return all
}()

// KeyName returns the key of call i.
func KeyName(i int) string { return keyNames[i%Keys] }

// A Call is the i-th call of one kind. It may be made concurrently.
type Call func(i int) error

// Fill makes a call for each key.
func Fill(set Call) error {
	for i := range Keys {
		if err := set(i); err != nil {
			return err
		}
	}
	return nil
}

// ErrAbsent is returned by a read that does not find its entry.
var ErrAbsent = errors.New("an entry is absent")

// Get returns the call that reads a store.
func Get(get func(key string) (int, bool)) Call {
	return func(i int) error {
		if _, ok := get(KeyName(i)); !ok {
			return ErrAbsent
		}
		return nil
	}
}

// Set returns the call that writes to a store.
func Set(set func(key string, value int, ttl time.Duration) error) Call {
	return func(i int) error { return set(KeyName(i), i, TTL) }
}

// RedisGet returns the call that reads from Redis.
func RedisGet(ctx context.Context, r *external.Redis) Call {
	return func(i int) error { return r.Get(ctx, KeyName(i)).Err() }
}

// RedisSet returns the call that writes to Redis.
func RedisSet(ctx context.Context, r *external.Redis) Call {
	return func(i int) error { return r.Set(ctx, KeyName(i), i, TTL).Err() }
}

// EtcdGet returns the call that reads what one member has, without asking the others.
func EtcdGet(ctx context.Context, e *external.Etcd) Call {
	return func(i int) error {
		r, err := e.Get(ctx, KeyName(i), clientv3.WithSerializable())
		if err == nil && len(r.Kvs) == 0 {
			return ErrAbsent
		}
		return err
	}
}

// EtcdPut returns the call that writes to etcd.
func EtcdPut(ctx context.Context, e *external.Etcd) Call {
	return func(i int) error {
		_, err := e.Put(ctx, KeyName(i), strconv.Itoa(i))
		return err
	}
}

// BucketGet returns the call that reads from a bucket.
func BucketGet(ctx context.Context, b jetstream.KeyValue) Call {
	return func(i int) error {
		_, err := b.Get(ctx, KeyName(i))
		return err
	}
}

// BucketPut returns the call that writes to a bucket.
func BucketPut(ctx context.Context, b jetstream.KeyValue) Call {
	return func(i int) error {
		_, err := b.PutString(ctx, KeyName(i), strconv.Itoa(i))
		return err
	}
}
