package limiterstore_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/ulule/limiter/v3"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/contrib/limiterstore"
)

// expectError calls each method of store.
func expectError(g *WithT, store *limiterstore.Store, ctx context.Context, rate limiter.Rate, want error) {
	for name, f := range map[string]call{
		"Get": store.Get, "Peek": store.Peek, "Reset": store.Reset, "Increment": add(store, 2),
	} {
		state, err := f(ctx, "client", rate)
		g.ExpectWithOffset(1, err).To(MatchError(want), name)
		g.ExpectWithOffset(1, state).To(BeZero(), name)
	}
}

func TestAPeriodThatIsNotPositiveIsAnError(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		for _, period := range []time.Duration{lastmodstore.NoExpiry, lastmodstore.KeepTTL, -time.Hour} {
			expectError(g, store, t.Context(), limiter.Rate{Period: period, Limit: 10}, limiterstore.ErrPeriod)
		}
		g.Expect(s.Len()).To(BeZero())
	})
}

func TestAContextThatHasEndedGetsItsErrorAndNothingIsCounted(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		expect(g, store.Get, perHour, 9)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		expectError(g, store, ctx, perHour, context.Canceled)
		expect(g, store.Peek, perHour, 9)
	})
}

func TestAClosedStoreLetsNobodyPass(t *testing.T) {
	engines.Each(t, func(t *testing.T, s counters) {
		g := NewWithT(t)
		store := limiterstore.New(s, "test")
		expect(g, store.Get, perHour, 9)
		g.Expect(s.Close()).To(Succeed())
		expectError(g, store, t.Context(), perHour, lastmodstore.ErrClosed)
	})
}
