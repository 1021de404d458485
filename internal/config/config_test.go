package config

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestIntervalIsAtLeastAMillisecond(t *testing.T) {
	g := NewWithT(t)
	g.Expect(func() { Interval(-1) }).To(PanicWith(ContainSubstring("negative cleanup interval -1ns")))
	g.Expect(func() { Interval(-time.Hour) }).To(Panic())
	g.Expect(Interval(0)).To(BeZero())
	g.Expect(Interval(1)).To(Equal(time.Millisecond))
	g.Expect(Interval(time.Second)).To(Equal(time.Second))
}

func TestOptionsApplyInOrder(t *testing.T) {
	g := NewWithT(t)
	type option func(*Config)
	c := New[option](nil)
	g.Expect(c.Line).NotTo(BeNil())
	c.Line = nil
	g.Expect(c).To(Equal(Config{RemovalLog: 1024}))
	c = New([]option{
		func(c *Config) { c.MaxEntries = 1; c.CountReads = true },
		func(c *Config) { c.MaxEntries = 2 },
	})
	g.Expect(c.MaxEntries).To(Equal(2))
	g.Expect(c.CountReads).To(BeTrue())
}
