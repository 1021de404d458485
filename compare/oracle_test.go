package compare_test

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/oracle"
)

var long = flag.Bool("long", false, "run the checks at full length, as make test-long does")

// A setting is how a store is opened for the oracle.
type setting struct {
	name     string
	interval time.Duration
	options  []lastmodstore.Option
}

// everyRemoval remembers all that a sequence of calls can remove: what is still
// remembered depends on what was removed when, which is left to an unbounded store
// and to the shards of a Sharded.
var everyRemoval = lastmodstore.RemovalLog(10_000)

var settings = []setting{
	{"unbounded", 0, []lastmodstore.Option{everyRemoval}},
	{"swept", 10 * time.Minute, []lastmodstore.Option{everyRemoval, lastmodstore.CountReads()}},
	{"evicting", 0, []lastmodstore.Option{lastmodstore.MaxEntries(5), lastmodstore.RemovalLog(3), lastmodstore.CountReads()}},
	{"evicting swept", 10 * time.Minute, []lastmodstore.Option{lastmodstore.MaxEntries(1)}},
	{"rejecting", 0, []lastmodstore.Option{lastmodstore.MaxEntries(6), lastmodstore.RemovalLog(0), lastmodstore.RejectWhenFull()}},
}

// An implementation is an engine by itself, or so many shards of it.
type implementation struct {
	compare.Engine
	shards int // 0: by itself
}

func implementations() (all []implementation) {
	for _, e := range compare.Engines() {
		all = append(all, implementation{e, 0}, implementation{compare.OneShard(e), 1}, implementation{compare.Shards(4, e), 4})
	}
	return all
}

// allows reports whether the oracle can say what e does with setting s: the
// capacity of several shards is each shard's own.
func (e implementation) allows(s setting) bool {
	return e.shards <= 1 || oracle.New[int, int](s.interval, s.options...).Unbounded()
}

// keyType makes comparisons of one engine with the oracle by keys of one type.
type keyType struct {
	name    string
	compare func(e implementation, s setting, calls oracle.Calls) error
}

func keysOf[K comparable](name string, open func(compare.Engine) compare.Open[K, int], key func(i int) K) keyType {
	var keys []K
	for i := range 9 {
		keys = append(keys, key(i))
	}
	return keyType{name, func(e implementation, s setting, calls oracle.Calls) error {
		options := s.options
		if e.shards > 0 {
			options = append(slices.Clip(options), everyRemoval)
		}
		store, o := open(e.Engine)(s.interval, options...), oracle.New[K, int](s.interval, options...)
		if e.shards > 0 {
			return oracle.CompareShards(store.(*lastmodstore.Sharded[K, int]), e.shards, o, keys, calls)
		}
		return oracle.Compare(store, o, keys, calls)
	}}
}

var keyTypes = []keyType{
	keysOf("string", func(e compare.Engine) compare.Open[string, int] { return e.Strings }, func(i int) string { return fmt.Sprint("k", i) }),
	keysOf("int", func(e compare.Engine) compare.Open[int, int] { return e.Ints }, func(i int) int { return i }),
	keysOf("struct", func(e compare.Engine) compare.Open[compare.Pair, int] { return e.Pairs }, func(i int) compare.Pair {
		return compare.Pair{Name: strconv.Itoa(i / 3), Number: i % 3}
	}),
	keysOf("float", func(e compare.Engine) compare.Open[float64, int] { return e.Floats }, func(i int) float64 {
		return []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), 4, 5, 6, 7, 8}[i]
	}),
}

// inBubble runs f in a synctest bubble and lets a panic of it out: rapid ends a
// check by one.
func inBubble(t *testing.T, f func()) {
	var panicked any
	synctest.Test(t, func(*testing.T) {
		defer func() { panicked = recover() }()
		f()
	})
	if panicked != nil {
		panic(panicked)
	}
}

// 16, 29: the engines, alone or as the shards of a Sharded, return for any sequence
// of calls what the oracle returns, which covers every sentence that a single
// goroutine can observe.
func TestOracle(t *testing.T) {
	checks := "14"
	if *long {
		checks = "275"
	}
	defer flag.Set("rapid.checks", flag.Lookup("rapid.checks").Value.String())
	flag.Set("rapid.checks", checks)
	flag.Set("rapid.shrinktime", "5s")
	call := rapid.Custom(func(t *rapid.T) oracle.Call {
		b := func(label string) uint8 { return uint8(rapid.Uint16().Draw(t, label)) }
		return oracle.Call{Method: b("method"), Key: b("key"), TTL: b("ttl"), Time: b("time"), Value: b("value")}
	})
	sequence := rapid.Map(rapid.SliceOfN(call, 100, 300), func(calls []oracle.Call) oracle.Calls { return calls })
	for _, e := range implementations() {
		steps := 0
		for _, s := range settings {
			if !e.allows(s) {
				continue
			}
			for _, k := range keyTypes {
				t.Run(fmt.Sprintf("%s/%s/%s", e.Name, s.name, k.name), func(t *testing.T) {
					rapid.Check(t, func(rt *rapid.T) {
						calls := sequence.Draw(rt, "calls")
						inBubble(t, func() {
							if err := k.compare(e, s, calls); err != nil {
								rt.Fatal(err)
							}
						})
						steps += len(calls)
					})
				})
			}
		}
		t.Logf("%s: %d steps", e.Name, steps)
	}
}

// The first byte chooses engine, setting and keys, the rest are calls.
func FuzzOracle(f *testing.F) {
	f.Add([]byte("\x00any bytes will do: they are taken for calls"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		engines := implementations()
		n := int(data[0])
		e, n := engines[n%len(engines)], n/len(engines)
		s, n := settings[n%len(settings)], n/len(settings)
		k := keyTypes[n%len(keyTypes)]
		if !e.allows(s) {
			return
		}
		inBubble(t, func() {
			if err := k.compare(e, s, oracle.Decode(data[1:])); err != nil {
				t.Fatal(e.Name, s.name, k.name, err)
			}
		})
	})
}
