package workload

import (
	"errors"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// counters is a store whose AddTo loses each losing-th call and returns err.
type counters struct {
	mu     sync.Mutex // guards the fields below
	m      map[string]int
	calls  int
	losing int
	err    error
}

func (c *counters) Get(key string) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.m[key]
	return v, ok
}

func (c *counters) Set(key string, value int, _ time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[key] = value
	return nil
}

func (c *counters) AddTo(key string, delta int, _ time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls++; c.losing == 0 || c.calls%c.losing > 0 {
		c.m[key] += delta
	}
	return c.err
}

func canned(s implementation.Store[int]) implementation.Implementation {
	return implementation.Implementation{
		Implementation: result.Implementation{Name: "canned"},
		Small:          func(implementation.Options) (implementation.Store[int], error) { return s, nil },
	}
}

func TestUpdateFindsLostUpdates(t *testing.T) {
	for name, c := range map[string]struct {
		losing int
		err    error
		want   string
	}{
		"none lost": {},
		"some lost": {losing: 100, want: "increments add up to"},
		"an error":  {err: errors.New("it is full"), want: "an update failed: it is full"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			s := &counters{m: map[string]int{}, losing: c.losing, err: c.err}
			trial, err := updateTrial(canned(s), "Add", 10, &closedLoop{callers: 8, slice: time.Millisecond})
			g.Expect(err).NotTo(HaveOccurred())
			for range 3 {
				trial.Run()
				if c.want == "" {
					g.Expect(trial.Check()).To(Succeed())
				} else {
					g.Expect(trial.Check()).To(MatchError(ContainSubstring(c.want)))
				}
			}
		})
	}
}

// setter has only Get and Set.
type setter struct{ *counters }

func (s setter) AddTo() {}

func TestUpdateLeavesOutWhatIsNotAtomic(t *testing.T) {
	g := NewWithT(t)
	c := &counters{m: map[string]int{}}
	for _, op := range []string{"Add", "Update"} {
		_, err := updateTrial(canned(setter{c}), op, 1, nil)
		g.Expect(err).To(Equal(implementation.Lack("has no atomic read-modify-write")))
	}
	_, err := updateTrial(canned(c), "Update", 1, nil)
	g.Expect(err).To(Equal(implementation.Lack("can add atomically, but not update")))
}
