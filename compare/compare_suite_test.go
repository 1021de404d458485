package compare_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/compare"
)

func TestCompare(t *testing.T) {
	RegisterFailHandler(Fail)
	for _, e := range compare.Engines() {
		compare.Specs(e)
	}
	RunSpecs(t, "compare")
}

func TestTiming(t *testing.T) {
	for _, e := range compare.Engines() {
		compare.Timing(t, e)
	}
}
