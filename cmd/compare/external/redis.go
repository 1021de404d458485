package external

import (
	"context"
	"errors"
	"net"

	"github.com/redis/go-redis/v9"
)

// Redis is a server that keeps everything in memory and writes no file.
type Redis struct {
	*redis.Client
	program *program
}

// StartRedis starts a server and connects to it.
func StartRedis(ctx context.Context) (*Redis, error) {
	addresses, err := freeAddresses(1)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addresses[0])
	if err != nil {
		return nil, err
	}
	p, err := start("redis-server", func(dir string) []string {
		return []string{"--bind", host, "--port", port, "--dir", dir, "--save", "", "--appendonly", "no"}
	})
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: addresses[0]})
	if err := p.await(func() error { return client.Ping(ctx).Err() }); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &Redis{client, p}, nil
}

// Close ends the connection and the server.
func (r *Redis) Close() error { return errors.Join(r.Client.Close(), r.program.stop()) }
