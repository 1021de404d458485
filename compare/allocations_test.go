//go:build !race

package compare_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/compare"
)

// Under the race detector sync.Pool drops some of what it is given, so this
// runs without.
func TestCallsAboutPresentKeysAllocateNothing(t *testing.T) {
	g := NewWithT(t)
	for _, e := range compare.Engines() {
		s := e.Strings(time.Minute)
		g.Expect(s.Set("a", 0, time.Hour)).To(Succeed())
		g.Expect(testing.AllocsPerRun(1000, func() { s.Get("a") })).To(BeZero(), e.Name)
		g.Expect(testing.AllocsPerRun(1000, func() { s.Set("a", 1, time.Hour) })).To(BeZero(), e.Name)
		g.Expect(s.Close()).To(Succeed())
	}
}
