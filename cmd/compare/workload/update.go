package workload

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/lastmodstore/lastmodstore/cmd/compare/implementation"
	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// update measures the atomic read-modify-write of one hot key and of many. Add is
// one call; where an implementation has no such call, it is an Update that adds.
// Update replaces a value with what a function of the caller makes of it.
func update(p Plan) []Cell {
	var cells []Cell
	for _, op := range []string{"Add", "Update"} {
		for _, n := range choose(p, []int{1}, []int{1, 1000}) {
			for _, callers := range choose(p, []int{1, 64}, []int{1, 8, 64, 512}) {
				cells = append(cells, Cell{
					Workload: "update",
					Params:   []result.Param{param("op", op), param("keys", n), param("callers", callers)},
					Baseline: "rwmap",
					Cost:     p.slice(),
					Open: func(c implementation.Implementation) (Trial, error) {
						return updateTrial(c, op, n, &closedLoop{callers: callers, slice: p.slice()})
					},
				})
			}
		}
	}
	return cells
}

func updateTrial(c implementation.Implementation, op string, n int, loop *closedLoop) (Trial, error) {
	s, err := c.Small(implementation.Options{TTL: ttl, Interval: time.Minute})
	if err != nil {
		return Trial{}, err
	}
	increment, err := incrementOf(s, op)
	if err != nil {
		closeStore(s)
		return Trial{}, err
	}
	u := &updates{store: s, keys: keys(n), increment: increment, loop: loop}
	fill(s, u.keys, 0)
	return Trial{Run: u.run, Check: u.check, Close: func() { closeStore(s) }}, nil
}

// incrementOf returns how s adds 1 to a key, or what s lacks.
func incrementOf(s implementation.Store[int], op string) (func(key string) error, error) {
	adder, adds := s.(implementation.Adder[int])
	updater, updates := s.(implementation.Updater[int])
	switch {
	case op == "Add" && adds:
		return func(key string) error { return adder.AddTo(key, 1, ttl) }, nil
	case updates:
		return func(key string) error { return updater.Update(key, ttl, plusOne) }, nil
	case adds:
		return nil, implementation.Lack("can add atomically, but not update")
	}
	return nil, implementation.Lack("has no atomic read-modify-write")
}

func plusOne(old int, _ bool) int { return old + 1 }

// updates is a trial that knows what its values have to add up to.
type updates struct {
	store     implementation.Store[int]
	keys      []string
	increment func(key string) error
	loop      *closedLoop
	calls     atomic.Int64 // in all rounds
	failure   atomic.Pointer[error]
}

func (u *updates) run() []Sample {
	return u.loop.run(func(caller, ops int) {
		for i := range ops {
			if err := u.increment(u.keys[(caller*37+i)%len(u.keys)]); err != nil {
				failure := err // of its own, so that err need not be allocated
				u.failure.Store(&failure)
			}
		}
		u.calls.Add(int64(ops))
	})
}

// check returns an error if an increment failed or was lost.
func (u *updates) check() error {
	if err := u.failure.Load(); err != nil {
		return fmt.Errorf("an update failed: %w", *err)
	}
	settle(u.store)
	sum := 0
	for _, k := range u.keys {
		value, _ := u.store.Get(k)
		sum += value
	}
	if calls := int(u.calls.Load()); sum != calls {
		return fmt.Errorf("%d increments add up to %d", calls, sum)
	}
	return nil
}
