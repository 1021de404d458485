package lastmodstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// The part of the model that is the source: its functions record what they do.

// A modelOutcome is how a load ends.
type modelOutcome int

const (
	modelReturns modelOutcome = iota // a value, or nothing because its context has ended
	modelFails
	modelCrashes
	modelFindsNone
)

// load is the LoadFunc.
func (m *loaderModel) load(ctx context.Context, key int, present lastmodstore.Entry[modelValue], ok bool) (v modelValue, ttl time.Duration, err error) {
	f, random := m.beginLoad(ctx, key)
	v = modelValue{-1, f.id}
	end := func(outcome modelOutcome) { m.endLoad(f, v, outcome) }
	defer m.addTime(time.Now())
	if !m.work(ctx, random, f) {
		end(modelReturns)
		return v, 0, ctx.Err()
	}
	ttl = modelTTL(random)
	switch random.IntN(16) {
	case 0, 1:
		end(modelFails)
		return v, 0, errModel
	case 2:
		end(modelCrashes)
		panic(errModel)
	case 3:
		end(modelCrashes)
		runtime.Goexit()
	case 4:
		ttl = -9
	case 5:
		end(modelFindsNone)
		return v, 0, lastmodstore.ErrNotFound
	}
	if ok && ttl != -9 && present.Value.version == f.version {
		v = present.Value
		end(modelReturns)
		return modelValue{}, ttl, fmt.Errorf("304: %w", lastmodstore.ErrNotModified)
	}
	v.version = f.version
	m.endLoadOf(f, v, ttl)
	return v, ttl, nil
}

// work waits as a source does, and reads the source for loads in between. It returns false
// if it ended early with ctx.
func (m *loaderModel) work(ctx context.Context, random *rand.Rand, loads ...*modelLoad) bool {
	wait := func(d time.Duration) bool {
		canceled := ctx.Done()
		if random.IntN(3) == 0 {
			canceled = nil
		}
		timer := time.NewTimer(untilSlot(d, 1000+loads[0].id))
		defer timer.Stop()
		select {
		case <-timer.C:
			return true
		case <-canceled:
			return false
		}
	}
	if !wait(time.Duration(random.IntN(60)) * time.Millisecond) {
		return false
	}
	m.readSource(loads)
	latency := time.Duration(random.IntN(200)) * time.Millisecond
	if random.IntN(16) == 0 {
		latency = 2 * time.Second // it hangs
	}
	return wait(latency)
}

func modelTTL(random *rand.Rand) time.Duration {
	switch random.IntN(4) {
	case 0:
		return lastmodstore.NoExpiry
	case 1:
		return lastmodstore.KeepTTL
	}
	return time.Duration(1+random.IntN(1500))*time.Millisecond + 500*time.Microsecond
}

// loadMany is the LoadManyFunc. The first load decides how the call goes.
func (m *loaderModel) loadMany(ctx context.Context, keys []int) (map[int]lastmodstore.Loaded[modelValue], error) {
	defer m.addTime(time.Now())
	loads := make([]*modelLoad, len(keys))
	randoms := make([]*rand.Rand, len(keys))
	for i, key := range keys {
		loads[i], randoms[i] = m.beginLoad(ctx, key)
	}
	end := func(outcome modelOutcome) {
		for _, f := range loads {
			m.endLoad(f, modelValue{-1, f.id}, outcome)
		}
	}
	random := randoms[0]
	if !m.work(ctx, random, loads...) {
		end(modelReturns)
		return nil, ctx.Err()
	}
	values := map[int]lastmodstore.Loaded[modelValue]{}
	switch random.IntN(12) {
	case 0:
		end(modelFails)
		return nil, errModel
	case 1:
		end(modelCrashes)
		panic(errModel)
	case 2:
		end(modelCrashes)
		runtime.Goexit()
	case 3:
		values[modelKeys] = m.extra(loads[0])
	}
	for i, f := range loads {
		m.loadOneOfMany(f, randoms[i], values)
	}
	return values, nil
}

// extra returns a value for a key that nobody asks for, which must not be stored.
func (m *loaderModel) extra(f *modelLoad) lastmodstore.Loaded[modelValue] {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := modelValue{f.version, 1_000_000 + f.id}
	m.returned[v] = true
	return lastmodstore.Loaded[modelValue]{Value: v}
}

func (m *loaderModel) loadOneOfMany(f *modelLoad, random *rand.Rand, values map[int]lastmodstore.Loaded[modelValue]) {
	x := lastmodstore.Loaded[modelValue]{Value: modelValue{-1, f.id}, TTL: modelTTL(random)}
	switch random.IntN(12) {
	case 0:
		m.endLoad(f, x.Value, modelFindsNone)
		return
	case 1:
		x.Err = errModel
		m.endLoad(f, x.Value, modelFails)
	case 2:
		x.TTL = -9
		fallthrough
	default:
		x.Value.version = f.version
		m.endLoadOf(f, x.Value, x.TTL)
	}
	values[f.key] = x
}
