package promcollector_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/promcollector"
	"github.com/lastmodstore/lastmodstore/replicated"
	"github.com/lastmodstore/lastmodstore/replicated/embedded"
)

const (
	connected = "lastmodstore_replicated_connected"
	changed   = "lastmodstore_replicated_connection_changed_timestamp_seconds"
)

func TestTheHealthOfANodeIsExported(t *testing.T) {
	g := NewWithT(t)
	nodes := engines.Nodes[string, int](t, 2)
	for _, node := range nodes {
		g.Expect(node.Set("k", 1, time.Hour)).To(Succeed())
	}
	g.Expect(nodes[0].Sync(t.Context())).To(Succeed())
	h := nodes[0].Health()
	got := scrape(t, promcollector.NewHealth("x", nodes[0]))
	g.Expect(got).To(HaveKeyWithValue(connected, 1.0))
	g.Expect(got).To(HaveKeyWithValue(changed, BeNumerically("~", float64(h.Since.UnixNano())/1e9, 0.002)))
	g.Expect(got).To(HaveKeyWithValue("lastmodstore_replicated_position", BeNumerically(">=", h.Position)))
	g.Expect(got).To(HaveKeyWithValue("lastmodstore_replicated_stale", 0.0))
	g.Expect(got).To(HaveKeyWithValue("lastmodstore_replicated_diverged", 0.0))
	g.Expect(got).To(HaveKeyWithValue("lastmodstore_replicated_snapshot_failed", 0.0))

	c := promcollector.NewHealth("x", nodes[0])
	g.Expect(nodes[0].Close()).To(Succeed())
	g.Expect(scrape(t, c)).To(BeEmpty())
}

func TestALostServerShowsAsDisconnectedSince(t *testing.T) {
	g := NewWithT(t)
	server, err := embedded.Start("")
	g.Expect(err).NotTo(HaveOccurred())
	defer server.Close()
	nc, err := server.Connect()
	g.Expect(err).NotTo(HaveOccurred())
	defer nc.Close()
	js, err := jetstream.New(nc)
	g.Expect(err).NotTo(HaveOccurred())
	node, err := replicated.Open[string, int](t.Context(), js, "test", replicated.InMemory(), replicated.Timeout(time.Second))
	g.Expect(err).NotTo(HaveOccurred())
	defer node.Close()

	g.Expect(node.Set("k", 1, time.Hour)).To(Succeed())
	c := promcollector.NewHealth("x", node)
	before := scrape(t, c)
	g.Expect(before).To(HaveKeyWithValue(connected, 1.0))
	g.Expect(server.Close()).To(Succeed())
	g.Eventually(func() map[string]float64 { return scrape(t, c) }, time.Minute).Should(HaveKeyWithValue(connected, 0.0))
	g.Expect(scrape(t, c)).To(HaveKeyWithValue(changed, BeNumerically(">=", before[changed])))
}

type fixedHealth struct{ health replicated.Health }

func (f fixedHealth) Health() replicated.Health { return f.health }
func (f fixedHealth) Done() <-chan struct{}     { return nil }

func TestEveryFieldOfHealthIsExportedOnce(t *testing.T) {
	zero := scrape(t, promcollector.NewHealth("x", fixedHealth{}))
	NewWithT(t).Expect(zero).To(HaveEach(0.0))
	for i := range reflect.TypeFor[replicated.Health]().NumField() {
		var health replicated.Health
		field := reflect.ValueOf(&health).Elem().Field(i)
		t.Run(reflect.TypeOf(health).Field(i).Name, func(t *testing.T) {
			g := NewWithT(t)
			want := 1.5
			switch field.Type() {
			case reflect.TypeFor[uint64]():
				field.SetUint(3)
				want = 3
			case reflect.TypeFor[time.Duration]():
				field.SetInt(int64(1500 * time.Millisecond))
			case reflect.TypeFor[bool]():
				field.SetBool(true)
				want = 1
			case reflect.TypeFor[time.Time]():
				field.Set(reflect.ValueOf(time.UnixMilli(1500)))
			case reflect.TypeFor[error]():
				field.Set(reflect.ValueOf(fmt.Errorf("%w: for a reason", replicated.ErrDiverged)))
				want = 1
			default:
				t.Fatalf("this test knows no values of type %v", field.Type())
			}
			got := scrape(t, promcollector.NewHealth("x", fixedHealth{health}))
			changed := differences(zero, got)
			g.Expect(changed).To(HaveLen(1), "metrics that show the field")
			g.Expect(got[changed[0]]).To(Equal(want))
		})
	}
}

func TestAnErrorOfTheConnectionIsNoDivergence(t *testing.T) {
	health := replicated.Health{Err: errors.New("no servers")}
	NewWithT(t).Expect(scrape(t, promcollector.NewHealth("x", fixedHealth{health}))).To(HaveEach(0.0))
}
