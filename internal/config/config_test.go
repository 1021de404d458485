package config

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestNegativeIntervalPanics(t *testing.T) {
	g := NewWithT(t)
	g.Expect(func() { CheckInterval(-1) }).To(PanicWith(ContainSubstring("negative cleanup interval -1ns")))
	g.Expect(func() { CheckInterval(-time.Hour) }).To(Panic())
	g.Expect(func() { CheckInterval(0) }).NotTo(Panic())
	g.Expect(func() { CheckInterval(time.Nanosecond) }).NotTo(Panic())
}

func TestOptionsApplyInOrder(t *testing.T) {
	g := NewWithT(t)
	type option func(*Config)
	g.Expect(New[option](nil)).To(Equal(Config{RemovalLog: 1024}))
	c := New([]option{
		func(c *Config) { c.MaxEntries = 1; c.CountReads = true },
		func(c *Config) { c.MaxEntries = 2 },
	})
	g.Expect(c.MaxEntries).To(Equal(2))
	g.Expect(c.CountReads).To(BeTrue())
}
