package compare

import (
	"testing"

	. "github.com/onsi/gomega"
)

// An errorCounter counts the errors that are reported to it.
type errorCounter struct {
	testing.TB
	errors int
}

func (c *errorCounter) Helper()      {}
func (c *errorCounter) Error(...any) { c.errors++ }

// Package testing panics if a test that has ended reports an error.
func TestWhatACaseReportsAfterItsEndIsDropped(t *testing.T) {
	g := NewWithT(t)
	root := &errorCounter{TB: t}
	x := &tester{TB: root}
	x.fail("first")
	g.Expect(root.errors).To(Equal(1))
	g.Expect(x.end()).To(Equal("first"))
	x.fail("late")
	g.Expect(root.errors).To(Equal(1))
}
