package replicated

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

// lose makes the log lose every message from now on.
func (c *cluster) lose() {
	c.stream.SetFault(func([]byte) memlog.Outcome { return memlog.Outcome{Lose: true} })
}

// A sweep that is due while Close waits for the results of writes must not wait for
// Close.
func TestCloseReturnsWhileASweepIsDue(t *testing.T) {
	inCluster(t, 1, func(c *cluster) {
		c.g.Expect(c.nodes[0].Set("short", 1, time.Millisecond)).To(Succeed())
		c.lose()
		failed := make(chan error, 1)
		go func() { failed <- c.nodes[0].Set("a", 1, 0) }()
		synctest.Wait()
		start := time.Now()
		c.g.Expect(c.nodes[0].Close()).To(Succeed())
		c.g.Expect(time.Since(start)).To(Equal(drainTime))
		c.g.Expect(<-failed).To(MatchError(ErrUncertain))
	}, CleanupInterval(100*time.Millisecond))
}

// So it is with a snapshot that is saved at that time.
func TestCloseReturnsWhileASnapshotIsSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{SaveEvery(5)}
		log := &slowSnapshots{Log: newStream[string, int](opts...).Open(), begun: make(chan struct{}), finish: make(chan struct{})}
		s, err := open[string, int](context.Background(), log, newOptions(opts))
		g.Expect(err).NotTo(HaveOccurred())
		for range 10 {
			g.Expect(s.Set("a", 1, 0)).To(Succeed())
		}
		<-log.begun
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		synctest.Wait()
		close(log.finish)
		g.Expect(<-closed).To(Succeed())
	})
}

// slowSnapshots is a log whose snapshots are saved when finish is closed.
type slowSnapshots struct {
	*memlog.Log
	begun, finish chan struct{}
}

func (l *slowSnapshots) Snapshots() stream.Snapshots { return slowSaves{l.Log.Snapshots(), l} }

type slowSaves struct {
	stream.Snapshots
	log *slowSnapshots
}

func (s slowSaves) Save(ctx context.Context, name string, r io.Reader) error {
	close(s.log.begun)
	<-s.log.finish
	return s.Snapshots.Save(ctx, name, r)
}
