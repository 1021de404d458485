package replicated_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

// openEmbedded opens a store in a server of its own inside the process.
func openEmbedded(b *testing.B, opts ...replicated.Option) *replicated.Store[string, int] {
	server, err := embedded.Start(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { server.Close() })
	nc, err := server.Connect()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	s, err := replicated.Open[string, int](context.Background(), js, "bench", opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func BenchmarkSet(b *testing.B) {
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("key-%08d", i)
	}
	for _, callers := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("log=R1memory/callers=%d", callers), func(b *testing.B) {
			s := openEmbedded(b, replicated.InMemory(), replicated.SaveEvery(1<<30))
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for c := range callers {
				wg.Go(func() {
					for i := c; i < b.N; i += callers {
						if err := s.Set(keys[i%len(keys)], i, time.Hour); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
