package table

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

// setWeighed stores key with the given weight, which is also the value.
func (f *fixture) setWeighed(key, weight int, ttl time.Duration, now int64) error {
	f.t.Weigh(uint64(weight))
	return f.t.Set(hashOf(key), key, weight, ttl, now)
}

// 17: whatever is written, expires, is evicted or moves within memory, each entry keeps
// its own weight and the total stays within the limit.
func TestTheTotalWeightIsThatOfTheEntries(t *testing.T) {
	for _, c := range []config.Config{
		{MaxWeight: 50},
		{MaxWeight: 1},
		{MaxWeight: 2000, RemovalLog: 10},
		{MaxWeight: 100, MaxEntries: 20},
		{MaxWeight: 100, RejectWhenFull: true},
		{MaxWeight: math.MaxInt},
	} {
		for seed := range uint64(8) {
			writeWeighed(newFixture(t, c), rand.New(rand.NewPCG(seed, uint64(c.MaxWeight))))
		}
	}
}

func writeWeighed(f *fixture, rng *rand.Rand) {
	f.TB.Helper()
	const keys = 300
	limit := f.t.config.MaxWeight
	for now := int64(1); now < 1500; now++ {
		key, weight := rng.IntN(keys), rng.IntN(min(limit, 200)+1)
		if rng.IntN(20) == 0 && limit < math.MaxInt {
			weight = limit + 1
		}
		var err error
		switch rng.IntN(12) {
		case 0:
			f.t.Sweep(now, now)
		case 1, 2:
			_, err = f.t.Delete(hashOf(key), key, now)
		case 3:
			_, err = f.t.Touch(hashOf(key), key, time.Duration(rng.IntN(100)), now)
		case 4:
			f.has(key, now)
		case 5:
			e := lastmodstore.Entry[int]{Value: weight, LastModified: f.t.line.Time(now - int64(rng.IntN(50)))}
			f.t.Weigh(uint64(weight))
			_, err = f.t.Merge(hashOf(key), key, e, now)
		case 6:
			err = f.t.SetMany(weighedBatch(rng, key, min(weight, limit)), 0, now)
		case 7:
			for range rng.IntN(200) { // so that memory is freed
				k := rng.IntN(keys)
				f.t.Delete(hashOf(k), k, now)
			}
			f.t.Reclaim()
		default:
			err = f.setWeighed(key, weight, time.Duration(rng.IntN(300)), now)
			f.Expect(err == nil).To(Equal(f.has(key, now) && f.t.weightOf(f.t.find(hashOf(key), key)) == uint64(weight)))
		}
		if err != nil {
			f.Expect(err).To(MatchError(lastmodstore.ErrFull))
		}
		f.t.check(f.TB)
		f.checkValues()
	}
}

// weighedBatch returns a batch of a few keys that weigh so much together.
func weighedBatch(rng *rand.Rand, key, weight int) (all []Assignment[int, int]) {
	for ; weight > 0; key++ {
		part := 1 + rng.IntN(weight)
		all = append(all, Assignment[int, int]{Hash: hashOf(key), Key: key, Value: part, weight: uint64(part)})
		weight -= part
	}
	return all
}

// checkValues expects that each value is its entry's weight.
func (f *fixture) checkValues() {
	f.TB.Helper()
	for i := f.t.head; i != none; i = f.t.slots.links.at(i).next {
		must(f.TB, "weight", f.t.weightOf(i), uint64(f.t.slots.at(i).value))
	}
}

// 17: a limit of any size does not overflow, even while a batch is being stored.
func TestTheGreatestWeights(t *testing.T) {
	f := newFixture(t, config.Config{MaxWeight: math.MaxInt})
	for key := range 3 {
		f.Expect(f.setWeighed(key, math.MaxInt, 0, 1)).To(Succeed())
		f.t.check(t)
	}
	f.Expect(f.order()).To(Equal([]int{2}))
	batch := func(weights ...int) (all []Assignment[int, int]) {
		for key, w := range weights {
			all = append(all, Assignment[int, int]{Hash: hashOf(key), Key: key, Value: w, weight: uint64(w)})
		}
		return all
	}
	f.Expect(f.t.SetMany(batch(math.MaxInt, math.MaxInt, 2), 0, 2)).To(MatchError(lastmodstore.ErrFull))
	f.Expect(f.t.SetMany(batch(math.MaxInt-1, 1), 0, 2)).To(Succeed())
	f.Expect(f.order()).To(ConsistOf(0, 1))
	f.t.check(t)
}

// 17: Clear and Close leave no weight, and what comes next starts from zero.
func TestResetForgetsTheWeights(t *testing.T) {
	f := newFixture(t, config.Config{MaxWeight: 10})
	f.Expect(f.setWeighed(1, 10, 0, 1)).To(Succeed())
	f.t.Clear(2)
	f.t.check(t)
	f.Expect(f.t.Stats().Weight).To(BeZero())
	f.Expect(f.setWeighed(2, 10, 0, 3)).To(Succeed())
	f.Expect(f.t.Stats().Evictions).To(BeZero())
	f.Expect(f.t.Stats().MaxWeight).To(Equal(10))
}

// An Add is stored only with the weight of its own sum.
func TestAddToAsksForTheWeightOfTheSum(t *testing.T) {
	f := newFixture(t, config.Config{MaxWeight: 100})
	weigh := Weigher[int, int](func(_, value int) int { return value })
	var s Sum[int]
	var c Copy[int]
	try := func() bool {
		done, err := f.t.AddTo(&s, hashOf(1), 1, 5, 0, 1, &c)
		f.Expect(err).NotTo(HaveOccurred())
		return done
	}
	f.Expect(try()).To(BeFalse(), "nothing is weighed yet")
	f.Expect(f.t.Len()).To(BeZero())
	weigh.OfSum(&s, 1, 5)
	f.Expect(f.setWeighed(1, 20, 0, 1)).To(Succeed()) // meanwhile
	f.Expect(try()).To(BeFalse())
	weigh.OfSum(&s, 1, 5)
	f.del(1, 1)
	f.Expect(try()).To(BeFalse())
	weigh.OfSum(&s, 1, 5)
	f.Expect(try()).To(BeTrue())
	f.Expect(c.Value()).To(Equal(5))
	f.Expect(f.t.Stats().Weight).To(Equal(5))
	f.t.check(t)
}

func TestADeterministicTableHasNoWeights(t *testing.T) {
	NewWithT(t).Expect(func() {
		New[int, int](timeline.Start(), config.Config{MaxWeight: 1, Deterministic: true})
	}).To(PanicWith(ContainSubstring("has no weights")))
}
