package replicated

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestLimitsRefusesMaxWeight(t *testing.T) {
	weigher := func(string, int) int { return 1 }
	NewWithT(t).Expect(func() { Limits(lastmodstore.MaxWeight(1, weigher)) }).To(PanicWith(ContainSubstring("has no MaxWeight")))
}
