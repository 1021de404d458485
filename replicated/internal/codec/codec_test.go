package codec

import (
	"math"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

type (
	name  string
	level int8
	raw   []byte
	point struct{ X, Y int }
)

func comesBack[T any](t *testing.T, values ...T) {
	t.Helper()
	g := NewWithT(t)
	c := ForValues[T](lastmodstore.JSON)
	for _, want := range values {
		g.Expect(c.Check(want)).To(Succeed())
	}
	for _, want := range values {
		data, err := c.Encode(want)
		g.Expect(err).NotTo(HaveOccurred())
		got, err := c.Decode(data)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(Equal(want), "by %s", c.Name)
	}
}

func TestValuesComeBackEqual(t *testing.T) {
	comesBack(t, "", "a\x00b", "\xff not UTF-8")
	comesBack[name](t, "", "x")
	comesBack[level](t, math.MinInt8, 0, math.MaxInt8)
	comesBack(t, uint64(math.MaxUint64), 0)
	comesBack(t, math.MinInt64, -1, math.MaxInt64)
	comesBack(t, math.Inf(-1), math.Copysign(0, -1), 1e-300)
	comesBack(t, float32(0.1))
	comesBack(t, true, false)
	comesBack(t, nil, []byte{}, []byte{0, 1})
	comesBack[raw](t, nil, raw{7})
	comesBack(t, time.Duration(5))
	comesBack(t, point{1, 2})
	comesBack(t, map[string][]int{"a": {1}}, nil)
}

// Types with the same encoding have the same name, and others do not.
func TestNamesTellEncodingsApart(t *testing.T) {
	g := NewWithT(t)
	g.Expect(ForValues[string](lastmodstore.JSON).Name).To(Equal(ForValues[name](lastmodstore.Gob).Name))
	g.Expect(ForValues[int](lastmodstore.JSON).Name).NotTo(Equal(ForValues[uint](lastmodstore.JSON).Name))
	g.Expect(ForValues[point](lastmodstore.JSON).Name).To(Equal("json codec.point"))
	g.Expect(ForValues[point](lastmodstore.Gob).Name).To(Equal("gob codec.point"))
}

func TestWhatIsNotAnEncodingIsAnError(t *testing.T) {
	g := NewWithT(t)
	_, err := ForValues[int](lastmodstore.JSON).Decode([]byte{1})
	g.Expect(err).To(MatchError("a number of 1 bytes instead of 8"))
	_, err = ForValues[level](lastmodstore.JSON).Decode([]byte{0, 0, 0, 0, 0, 0, 1, 0})
	g.Expect(err).To(MatchError("the number does not fit into codec.level"))
	_, err = ForValues[point](lastmodstore.JSON).Decode([]byte("[]"))
	g.Expect(err).To(MatchError("0 values instead of one"))
	_, err = ForValues[point](lastmodstore.JSON).Decode([]byte("{"))
	g.Expect(err).To(HaveOccurred())
}

func TestWhatIsNotPreservedIsRefused(t *testing.T) {
	g := NewWithT(t)
	g.Expect(ForValues[any](lastmodstore.JSON).Check(5)).To(MatchError(ContainSubstring("alters the value")))
	g.Expect(ForKeys[struct{ S string }](lastmodstore.JSON).Check(struct{ S string }{"\xff"})).NotTo(Succeed())
	g.Expect(ForKeys[time.Time](lastmodstore.JSON).Check(time.Now())).NotTo(Succeed(), "it has a monotonic reading")
	g.Expect(ForKeys[point](lastmodstore.JSON).Check(point{1, 2})).To(Succeed())
}

func TestAValueThatCannotBeEncodedIsAnError(t *testing.T) {
	_, err := ForValues[any](lastmodstore.JSON).Encode(func() {})
	NewWithT(t).Expect(err).To(HaveOccurred())
}

func TestKeysThatAreComparedByAddressAreRefused(t *testing.T) {
	g := NewWithT(t)
	g.Expect(CheckKeys[struct {
		A string
		B [2]point
	}]()).To(Succeed())
	g.Expect(CheckKeys[struct{ At time.Time }]()).To(MatchError(ContainSubstring("addresses of time.Time")))
	g.Expect(CheckKeys[[1]*int]()).To(MatchError(ContainSubstring("*int")))
	g.Expect(CheckKeys[any]()).NotTo(Succeed())
	g.Expect(CheckKeys[chan int]()).NotTo(Succeed())
}
