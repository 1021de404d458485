package stream

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"
)

func TestConsumersAreRequestedWhereOtherRequestsGo(t *testing.T) {
	for want, o := range map[string]jetstream.JetStreamOptions{
		"$JS.API":     {},
		"$JS.hub.API": {Domain: "hub"},
		"imported":    {APIPrefix: "imported"},
		"exported":    {APIPrefix: "exported."},
	} {
		NewWithT(t).Expect(apiPrefix(o)).To(Equal(want))
	}
}
