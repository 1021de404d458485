package replicated

import (
	"fmt"
	"hash/fnv"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/replicated/internal/replica"
)

// agreement is how long a node relies on another one whose clock agreed with its own.
const agreement = 5 * time.Minute

// voteTime is how long a node that finds its clock wrong waits for others that find it
// right.
const voteTime = 200 * time.Millisecond

// thisMachine identifies the machine whose clock this process reads: nodes on the same
// one do not confirm each other. On Linux it is the same in all containers of a host.
func thisMachine() uint64 {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		name, _ := os.Hostname()
		id = []byte(name)
	}
	h := fnv.New64a()
	h.Write(id)
	return h.Sum64()
}

// A clockCheck compares this machine's clock with that of the log's server and with
// those of other nodes. Whose clock is wrong is a vote: if the server's differs from
// this one's, and another node's does not, the server's is wrong.
type clockCheck struct {
	isRight atomic.Bool // the latest measurement shows at most a minute

	mu       sync.Mutex // guards the fields below
	offset   int64      // by how much this clock is ahead of the server's, at least
	measured int64      // when, by this clock
	agreed   int64      // when the clock of another machine last agreed, by this clock
	voted    int64      // when this node last told another one that its clock agrees
}

// own compares the clocks by a message of this node: it was sent and received at these
// times of this clock, and the log took it in between, at logged.
func (c *clockCheck) own(sent, logged, received int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measured, c.offset = received, 0
	switch {
	case sent > logged:
		c.offset = sent - logged
	case received < logged:
		c.offset = received - logged
	}
	c.isRight.Store(abs(c.offset) <= int64(replica.MaxSkew))
}

// other notes a message that another machine sent at a time of its clock, and that the
// log took at logged. It reports whether this node should send a message, because its
// clock agrees with the other one's, and the server's does not.
func (c *clockCheck) other(sent, logged, received int64) (vote bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if abs(received-sent) >= int64(replica.MaxSkew) {
		return false
	}
	c.agreed = received
	vote = abs(sent-logged) > int64(replica.MaxSkew) && received-c.voted > int64(agreement/2)
	if vote {
		c.voted = received
	}
	return vote
}

func abs(n int64) int64 { return max(n, -n) }

// wrongBy returns by how much this machine's clock is wrong, or 0 if that is under a
// minute or another node's clock agrees with it.
func (c *clockCheck) wrongBy(now int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if abs(c.offset) <= int64(replica.MaxSkew) || c.agreed != 0 && now-c.agreed < int64(agreement) {
		return 0
	}
	return c.offset
}

// get returns the offset and when it was measured.
func (c *clockCheck) get() (offset, measured int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset, c.measured
}

// now returns what this machine's clock shows.
func (s *Store[K, V]) now() int64 { return s.options.clock().UnixNano() }

// checkClock returns ErrClockSkew if this machine's clock is wrong by over a minute: what
// it wrote would expire early or late. It measures before the first write, and again
// if it was found wrong some time ago.
func (s *Store[K, V]) checkClock() error {
	if s.clock.isRight.Load() {
		return nil
	}
	_, measured := s.clock.get()
	if measured != 0 && s.clock.wrongBy(s.now()) == 0 {
		return nil
	}
	if abs(s.now()-measured) > int64(time.Second) {
		if err := s.measureClock(); err != nil {
			return err
		}
	}
	if s.clock.wrongBy(s.now()) == 0 {
		return nil
	}
	time.Sleep(voteTime)
	if wrong := s.clock.wrongBy(s.now()); wrong != 0 {
		return fmt.Errorf("%w: this machine's clock is %v", lastmodstore.ErrClockSkew, aheadOrBehind(wrong))
	}
	return nil
}

func aheadOrBehind(offset int64) string {
	if offset < 0 {
		return fmt.Sprintf("%v behind that of the log's server", time.Duration(-offset))
	}
	return fmt.Sprintf("%v ahead of that of the log's server", time.Duration(offset))
}
