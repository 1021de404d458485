package compare_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/compare"
)

func TestCompare(t *testing.T) {
	RegisterFailHandler(Fail)
	for _, e := range tested() {
		compare.Specs(e)
	}
	RunSpecs(t, "compare")
}

func TestTiming(t *testing.T) {
	for _, e := range tested() {
		compare.Timing(t, e)
	}
}

// tested are the engines and both behind one shard.
func tested() (all []compare.Engine) {
	for _, e := range compare.Engines() {
		all = append(all, e, compare.OneShard(e))
	}
	return all
}
