package number

import (
	"math"
	"testing"

	. "github.com/onsi/gomega"
)

type (
	tiny  int8
	ratio float32
)

func check[V any](g Gomega, a, b, want V) {
	g.Expect(Sum[V]()(a, b)).To(Equal(want))
}

func TestSumAddsLikeTheOperator(t *testing.T) {
	g := NewWithT(t)
	check(g, 1, 2, 3)
	check(g, int8(127), 1, -128)
	check(g, tiny(127), 1, -128)
	check(g, int16(math.MaxInt16), 1, math.MinInt16)
	check(g, int32(math.MaxInt32), 1, math.MinInt32)
	check(g, int64(math.MaxInt64), 1, math.MinInt64)
	check(g, uint(1), 2, 3)
	check(g, uint8(255), 2, 1)
	check(g, uint16(math.MaxUint16), 2, 1)
	check(g, uint32(math.MaxUint32), 2, 1)
	check(g, uint64(math.MaxUint64), 2, 1)
	check(g, uintptr(1), 2, 3)
	check(g, float32(1.5), 0.25, 1.75)
	check(g, ratio(1.5), 0.25, 1.75)
	check(g, 1.5, 0.25, 1.75)
}

func TestIdenticalComparesBits(t *testing.T) {
	g := NewWithT(t)
	identical := func(a, b float64) bool { return Identical(&a, &b) }
	g.Expect(identical(1.5, 1.5)).To(BeTrue())
	g.Expect(identical(1.5, 2.5)).To(BeFalse())
	g.Expect(identical(math.NaN(), math.NaN())).To(BeTrue())
	g.Expect(identical(0, math.Copysign(0, -1))).To(BeFalse())
	a, b := tiny(1), tiny(2)
	g.Expect(Identical(&a, &a)).To(BeTrue())
	g.Expect(Identical(&a, &b)).To(BeFalse())
}

func TestSumIsNilForTypesThatAreNotNumbers(t *testing.T) {
	g := NewWithT(t)
	g.Expect(Sum[string]()).To(BeNil())
	g.Expect(Sum[any]()).To(BeNil())
	g.Expect(Sum[bool]()).To(BeNil())
	g.Expect(Sum[complex128]()).To(BeNil())
	g.Expect(Sum[[1]int]()).To(BeNil())
	g.Expect(Sum[*int]()).To(BeNil())
}
