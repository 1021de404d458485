package compare_test

import (
	"flag"
	"testing"
	"testing/synctest"

	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

var long = flag.Bool("long", false, "run the checks at full length, as make test-long does")

// TestEngines runs the suite on the engines, each alone, behind one shard and behind
// eight.
func TestEngines(t *testing.T) {
	var options []compare.Option
	if *long {
		options = append(options, compare.Long())
	}
	for _, e := range engines.All() {
		for _, e := range []compare.Engine{e, compare.OneShard(e), compare.Shards(8, e)} {
			t.Run(e.Name, func(t *testing.T) {
				if r := compare.Run(t, e, options...); r.Count(compare.Skipped) > 0 {
					t.Error("skipped cases")
				}
			})
		}
	}
}

// FuzzOracle takes the first byte for engine, setting and keys, the rest for calls.
func FuzzOracle(f *testing.F) {
	var all []compare.Engine
	for _, e := range engines.All() {
		all = append(all, e, compare.OneShard(e), compare.Shards(4, e))
	}
	f.Add([]byte("\x00any bytes will do: they are taken for calls"))
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) {
			if err := compare.CompareWithOracle(all, data); err != nil {
				t.Fatal(err)
			}
		})
	})
}
