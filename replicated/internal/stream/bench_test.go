package stream_test

import (
	"context"
	"testing"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// signal is a handler that reports each message.
type signal chan uint64

func (s signal) Deliver(m stream.Message) error { s <- m.Seq; return nil }
func (s signal) Alive(uint64)                   {}

// BenchmarkOneCaller compares appending and waiting until the own feed delivers the message with the client's acknowledged
// publish, on one server with memory storage inside the process.
func BenchmarkOneCaller(b *testing.B) {
	data := make([]byte, 64)
	b.Run("log=feed", func(b *testing.B) {
		l := create(b, startServer(b), memory)
		ctx, cancel := context.WithCancel(testContext(b))
		delivered := make(signal, 1)
		result := background(ctx, l, 1, delivered)
		for b.Loop() {
			if err := l.Append(data, func(err error) { b.Error(err) }); err != nil {
				b.Fatal(err)
			}
			<-delivered
		}
		cancel()
		<-result
	})
	b.Run("log=publish", func(b *testing.B) {
		js := startServer(b)
		create(b, js, memory)
		for b.Loop() {
			if _, err := js.Publish(b.Context(), "lastmodstore.log.test", data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
