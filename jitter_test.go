package lastmodstore_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestJitterStaysWithinItsBounds(t *testing.T) {
	g := NewWithT(t)
	random := rand.New(rand.NewPCG(1, 2))
	ttls := []time.Duration{1, 2, 3, time.Microsecond, time.Hour, math.MaxInt64 - 1, math.MaxInt64}
	fractions := []float64{0, math.SmallestNonzeroFloat64, 0.1, 0.5, math.Nextafter(1, 0), 1}
	for range 200 {
		ttls = append(ttls, time.Duration(random.Int64N(math.MaxInt64>>random.IntN(62))+1))
		fractions = append(fractions, random.Float64())
	}
	for _, ttl := range ttls {
		for _, fraction := range fractions {
			got := lastmodstore.Jitter(ttl, fraction)
			least := math.Floor(float64(ttl) * (1 - fraction))
			rounding := float64(ttl) * 1e-15
			if got < 1 || got > ttl || float64(got) < least-rounding-1 {
				t.Fatalf("Jitter(%d, %v) = %d", ttl, fraction, got)
			}
			if fraction == 0 {
				g.Expect(got).To(Equal(ttl))
			}
		}
	}
}

// Each tenth of the range receives a tenth of the TTLs.
func TestJitterSpreadsEvenly(t *testing.T) {
	g := NewWithT(t)
	const n = 100_000
	var tenths [10]int
	sum := 0.0
	for range n {
		early := time.Hour - lastmodstore.Jitter(time.Hour, 0.1)
		tenths[min(9, early*10/(6*time.Minute))]++
		sum += early.Seconds()
	}
	for _, got := range tenths { // the deviation of a binomial distribution is 95
		g.Expect(got).To(BeNumerically("~", n/10, 10*95))
	}
	g.Expect(sum/n).To(BeNumerically("~", 180, 5), "on average, half of the range earlier")
}

func TestJitterReachesBothEndsOfItsRange(t *testing.T) {
	g := NewWithT(t)
	seen := map[time.Duration]bool{}
	for range 1000 {
		seen[lastmodstore.Jitter(10, 0.3)] = true
	}
	g.Expect(seen).To(Equal(map[time.Duration]bool{7: true, 8: true, 9: true, 10: true}))
	least := map[time.Duration]bool{}
	for range 1000 {
		least[lastmodstore.Jitter(2, 1)] = true
	}
	g.Expect(least).To(Equal(map[time.Duration]bool{1: true, 2: true}), "never NoExpiry")
}

func TestJitterReturnsSpecialAndInvalidTTLsUnchanged(t *testing.T) {
	g := NewWithT(t)
	for _, ttl := range []time.Duration{lastmodstore.NoExpiry, lastmodstore.KeepTTL, -2, -time.Hour, math.MinInt64} {
		g.Expect(lastmodstore.Jitter(ttl, 0.5)).To(Equal(ttl))
	}
}

func TestJitterPanicsIfTheFractionIsInvalid(t *testing.T) {
	g := NewWithT(t)
	for _, fraction := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, ttl := range []time.Duration{time.Hour, lastmodstore.NoExpiry} {
			g.Expect(func() { lastmodstore.Jitter(ttl, fraction) }).To(PanicWith(ContainSubstring("the fraction must be from 0")))
		}
	}
}

func TestJitterIsSafeToCallConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if got := lastmodstore.Jitter(time.Hour, 1); got < 1 || got > time.Hour {
					t.Errorf("Jitter(1h, 1) = %v", got)
				}
			}
		})
	}
	wg.Wait()
}
