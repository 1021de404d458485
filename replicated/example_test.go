package replicated_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

// A node is opened on the connection that a program has: here to a server inside the
// process. With an empty directory, nothing survives the server.
func Example() {
	server, err := embedded.Start("")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	nc, err := server.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := replicated.Open[string, string](ctx, js, "greetings")
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	if err := s.Set("motd", "hello", time.Minute); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Get("motd"))
	// Output: hello true
}

// The other examples run on three nodes of one store, each of them connected to a
// server of its own.
type trio[V any] struct {
	servers *embedded.Servers
	conns   [3]*nats.Conn
	nodes   [3]*replicated.Store[string, V]
}

func threeNodes[V any]() *trio[V] {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	servers, err := embedded.Cluster(3, "")
	must(err)
	t := &trio[V]{servers: servers}
	for i := range t.nodes {
		t.conns[i], err = servers.Connect(i)
		must(err)
		js, err := jetstream.New(t.conns[i])
		must(err)
		t.nodes[i], err = replicated.Open[string, V](ctx, js, "example", replicated.Replicas(3))
		must(err)
	}
	return t
}

// sync lets every node apply what has been written so far.
func (t *trio[V]) sync() {
	for _, s := range t.nodes {
		must(s.Sync(context.Background()))
	}
}

func (t *trio[V]) close() {
	for i := range t.nodes {
		must(t.nodes[i].Close())
		t.conns[i].Close()
	}
	must(t.servers.Close())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
