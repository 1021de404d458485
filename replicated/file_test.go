package replicated

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/replicated/internal/memlog"
	"github.com/lastmodstore/lastmodstore/replicated/internal/stream"
)

var errNoServer = errors.New("no server")

// openLater opens a node that reaches the log only while reachable is true.
func openLater(c *cluster, reachable *atomic.Bool, opts ...Option) (*Store[string, int], error) {
	return openBy[string, int](context.Background(), func(context.Context) (stream.Log, error) {
		if !reachable.Load() {
			return nil, errNoServer
		}
		return c.stream.Open(), nil
	}, newOptions(append(opts, c.opts...)))
}

func TestANodeWithoutALogServesItsSnapshotFileAndJoinsLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot")
	inCluster(t, 1, func(c *cluster) {
		reachable := new(atomic.Bool)
		reachable.Store(true)
		s, err := openLater(c, reachable, SnapshotFile(path))
		c.g.Expect(err).NotTo(HaveOccurred())
		c.g.Expect(s.Set("a", 1, 0)).To(Succeed())
		c.g.Expect(s.Set("short", 1, time.Minute)).To(Succeed())
		c.g.Expect(s.Close()).To(Succeed())
		c.g.Expect(c.nodes[0].Set("a", 2, 0)).To(Succeed())
		c.g.Expect(c.nodes[0].Set("b", 2, 0)).To(Succeed())

		reachable.Store(false)
		s, err = openLater(c, reachable, SnapshotFile(path), Timeout(betweenAttempts))
		c.g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		c.g.Expect(s.Health().Stale).To(BeTrue())
		c.g.Expect(s.Health().Err).To(MatchError(errNoServer))
		got, _ := s.Get("a")
		c.g.Expect(got).To(Equal(1))
		time.Sleep(time.Minute)
		_, ok := s.Get("short")
		c.g.Expect(ok).To(BeFalse(), "nothing expired is served")
		c.g.Expect(s.Set("c", 1, 0)).To(MatchError(ErrUnavailable))

		reachable.Store(true)
		time.Sleep(5 * time.Second)
		c.g.Expect(s.Health().Stale).To(BeFalse())
		got, _ = s.Get("a")
		c.g.Expect(got).To(Equal(2))
		c.g.Expect(s.Set("c", 1, 0)).To(Succeed())
		c.expectEqual()
		c.g.Expect(c.nodes[0].Sync(context.Background())).To(Succeed())
		synctest.Wait()
		c.g.Expect(state(c.g, s)).To(Equal(state(c.g, c.nodes[0])))
	})
}

func TestWithoutALogAndWithoutAFileOpenFails(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	NewWithT(t).Expect(os.WriteFile(broken, []byte("lastmodlog\x01 and so on"), 0o600)).To(Succeed())
	inCluster(t, 0, func(c *cluster) {
		reachable := new(atomic.Bool)
		_, err := openLater(c, reachable)
		c.g.Expect(err).To(MatchError(errNoServer))
		_, err = openLater(c, reachable, SnapshotFile(filepath.Join(dir, "none")))
		c.g.Expect(err).To(MatchError(errNoServer))
		c.g.Expect(err).To(MatchError(os.ErrNotExist))
		_, err = openLater(c, reachable, SnapshotFile(broken))
		c.g.Expect(err).To(MatchError(ContainSubstring("checksum")))
	})
}

// A file of another log is not used, and a node that serves it does not join.
func TestASnapshotFileOfAnotherLogIsNotUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot")
	inCluster(t, 0, func(c *cluster) {
		reachable := new(atomic.Bool)
		reachable.Store(true)
		s, err := openLater(c, reachable, SnapshotFile(path))
		c.g.Expect(err).NotTo(HaveOccurred())
		c.g.Expect(s.Set("a", 1, 0)).To(Succeed())
		c.g.Expect(s.Close()).To(Succeed())
		c.stream = memlog.New(c.stream.Settings())

		reachable.Store(false)
		s, err = openLater(c, reachable, SnapshotFile(path))
		c.g.Expect(err).NotTo(HaveOccurred())
		reachable.Store(true)
		time.Sleep(5 * time.Second)
		c.g.Expect(s.Health().Err).To(MatchError(ErrDiverged))
		c.g.Expect(s.Close()).To(Succeed())

		s, err = openLater(c, reachable, SnapshotFile(path))
		c.g.Expect(err).NotTo(HaveOccurred())
		_, ok := s.Get("a")
		c.g.Expect(ok).To(BeFalse())
		c.g.Expect(s.Close()).To(Succeed())
	})
}

// The file is kept up to date while the node runs.
func TestTheSnapshotFileIsWrittenAsTheLogGrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot")
	inCluster(t, 0, func(c *cluster) {
		reachable := new(atomic.Bool)
		reachable.Store(true)
		s, err := openLater(c, reachable, SnapshotFile(path))
		c.g.Expect(err).NotTo(HaveOccurred())
		defer s.Close()
		for i := range 300 {
			c.g.Expect(s.Set("n", i, 0)).To(Succeed())
		}
		synctest.Wait()
		reachable.Store(false)
		other, err := openLater(c, reachable, SnapshotFile(path))
		c.g.Expect(err).NotTo(HaveOccurred())
		got, _ := other.Get("n")
		c.g.Expect(got).To(BeNumerically(">", 50))
		c.g.Expect(other.Close()).To(Succeed())
		c.g.Expect(filepath.Glob(path+".*")).To(BeEmpty(), "temporary files")
	}, SaveEvery(100))
}

// A log that lost its end and went on with other messages contradicts a file from before.
func TestAFileThatTheLogContradictsIsDiscarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		opts := []Option{CleanupInterval(0), SnapshotFile(filepath.Join(t.TempDir(), "f"))}
		st := newStream[string, int](opts...)
		s := openW(g, st.Open(), opts...)
		for i := range 5 {
			g.Expect(s.Set("lost", i, 0)).To(Succeed())
		}
		g.Expect(s.Close()).To(Succeed()) // which writes the file
		st.Truncate(2)
		other := openW(g, st.Open(), CleanupInterval(0))
		for i := range 10 {
			g.Expect(other.Set("kept", i, 0)).To(Succeed())
		}
		s = openW(g, st.Open(), opts...)
		g.Expect(s.Sync(t.Context())).To(Succeed())
		g.Expect(s.Health().Err).NotTo(HaveOccurred())
		expectSameState(t, []*Store[string, int]{other, s})
		g.Expect(s.Close()).To(Succeed())
		g.Expect(other.Close()).To(Succeed())
	})
}
