package stream_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

func TestSnapshotsAreSavedAndReadWhileTheirLeaderIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for an election")
	}
	g := NewWithT(t)
	c := startProcesses(t, 3)
	contexts, logs := clusterLogs(t, c, stream.Config{Replicas: 3, Storage: jetstream.FileStorage})
	data := randomData(8 << 20)
	g.Expect(logs[0].Snapshots().Save(testContext(t), "before", bytes.NewReader(data))).To(Succeed())
	leader, err := c.Leader(testContext(t), contexts[0], bucketStream)
	g.Expect(err).NotTo(HaveOccurred())
	s := logs[(leader+1)%3].Snapshots()
	kill := &killer{data: data, at: len(data) / 2, kill: func() { c.Kill(leader) }}
	g.Expect(s.Save(testContext(t), "during", kill)).To(Succeed())
	for _, name := range []string{"before", "during"} {
		read, err := readAll(t, s, name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(bytes.Equal(read, data)).To(BeTrue(), name)
	}
}

// killer is a reader that calls kill when it has come to a certain point.
type killer struct {
	data []byte
	done int
	at   int
	kill func()
}

func (k *killer) Read(p []byte) (int, error) {
	if k.done == len(k.data) {
		return 0, io.EOF
	}
	n := copy(p, k.data[k.done:])
	if k.done < k.at && k.done+n >= k.at {
		k.kill()
	}
	k.done += n
	return n, nil
}
