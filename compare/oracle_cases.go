package compare

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare/oracle"
)

// oracleCases test that an engine, alone or as the shards of a Sharded, returns for
// any sequence of calls what the oracle returns, which covers every sentence that a
// single goroutine can observe.
func oracleCases(c *cases) {
	c = c.on(anyShards).with(Capacity, Feed, Listeners, Merging, Batches, Counters, Adding, Conditions, Changes)
	for _, s := range settings {
		for _, k := range keyTypes {
			c := c
			if s.bounded() {
				c = c.on(whole) // the capacity of several shards is each shard's own
			}
			if s.interval > 0 {
				c = c.with(Sweeping)
			}
			if s.weight > 0 {
				c = c.with(Weights)
			}
			c.add(fmt.Sprintf("16, 29: any calls return what the contract says, %s, %s keys", s.name, k.name), func(t *tester) {
				compareWithOracle(t, s, k)
			})
		}
	}
}

// A setting is how a store is opened for the oracle.
type setting struct {
	name     string
	interval time.Duration
	weight   int // MaxWeight; 0: none
	options  []lastmodstore.Option
}

func (s setting) bounded() bool { return lastmodstore.ApplyOptions(s.options...).MaxEntries > 0 }

// everyRemoval remembers all that a sequence of calls can remove: what is still
// remembered depends on what was removed when, which is left to an unbounded store
// and to the shards of a Sharded.
var everyRemoval = lastmodstore.RemovalLog(10_000)

var settings = []setting{
	{"unbounded", 0, 0, []lastmodstore.Option{everyRemoval}},
	{"swept", 10 * time.Minute, 0, []lastmodstore.Option{everyRemoval, lastmodstore.CountReads()}},
	{"evicting", 0, 0, []lastmodstore.Option{lastmodstore.MaxEntries(5), lastmodstore.RemovalLog(3), lastmodstore.CountReads()}},
	{"evicting swept", 10 * time.Minute, 0, []lastmodstore.Option{lastmodstore.MaxEntries(1)}},
	{"rejecting", 0, 0, []lastmodstore.Option{lastmodstore.MaxEntries(6), lastmodstore.RemovalLog(0), lastmodstore.RejectWhenFull()}},
	{"evicting by weight", 0, 24, []lastmodstore.Option{lastmodstore.MaxEntries(8)}},
	{"evicting by weight swept", 10 * time.Minute, 17, []lastmodstore.Option{lastmodstore.MaxEntries(4), lastmodstore.CountReads()}},
	{"rejecting by weight", 0, 20, []lastmodstore.Option{lastmodstore.MaxEntries(5), lastmodstore.RejectWhenFull()}},
}

// weightOfValue is the weigher of the settings with weights: many weigh nothing, and some
// more than the store can hold.
func weightOfValue[K comparable](_ K, value int) int {
	return max(0, value%32-6)
}

// A keyType makes comparisons of one engine with the oracle by keys of one type.
type keyType struct {
	name    string
	has     func(e Engine) bool // whether the engine can be opened for it
	compare func(e Engine, s setting, calls oracle.Calls) error
}

func keysOf[K comparable](name string, open func(Engine) Open[K, int], key func(i int) K) keyType {
	var keys []K
	for i := range 9 {
		keys = append(keys, key(i))
	}
	has := func(e Engine) bool { return open(e) != nil }
	return keyType{name, has, func(e Engine, s setting, calls oracle.Calls) error {
		options := s.options
		if s.weight > 0 {
			options = append(slices.Clip(options), lastmodstore.MaxWeight(s.weight, weightOfValue[K]))
		}
		if e.shards > 0 {
			options = append(slices.Clip(options), everyRemoval)
		}
		store, o := open(e)(s.interval, options...), oracle.New[K, int](s.interval, options...)
		if e.Replicated {
			o.Replicate()
		}
		if e.shards > 0 {
			return oracle.CompareShards(store.(*lastmodstore.Sharded[K, int]), e.shards, o, keys, calls)
		}
		return oracle.Compare(store, o, keys, calls)
	}}
}

var keyTypes = []keyType{
	keysOf("string", func(e Engine) Open[string, int] { return e.Strings }, func(i int) string { return fmt.Sprint("k", i) }),
	keysOf("int", func(e Engine) Open[int, int] { return e.Ints }, func(i int) int { return i }),
	keysOf("struct", func(e Engine) Open[Pair, int] { return e.Pairs }, func(i int) Pair {
		return Pair{Name: strconv.Itoa(i / 3), Number: i % 3}
	}),
	keysOf("float", func(e Engine) Open[float64, int] { return e.Floats }, func(i int) float64 {
		return []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), 4, 5, 6, 7, 8}[i]
	}),
}

// compareWithOracle makes random sequences of calls, and shrinks one that fails.
func compareWithOracle(t *tester, s setting, k keyType) {
	switch {
	case !k.has(t.engine):
		t.without(k.name + " keys")
	case t.engine.Outside:
		t.without("place in a bubble")
	}
	defer setFlags(map[string]string{
		"rapid.checks":     strconv.Itoa(t.atLength(14, 275)),
		"rapid.shrinktime": "5s",
		"rapid.nofailfile": "true",
	})()
	c := t.caller()
	rapid.Check(t, func(rt *rapid.T) {
		calls := sequences.Draw(rt, "calls")
		t.bubble(func() {
			if err := k.compare(t.engine, s, calls); err != nil {
				rt.Fatal(err)
			}
		})
		c.returned()
	})
}

var sequences = rapid.Map(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) oracle.Call {
	b := func(label string) uint8 { return uint8(rapid.Uint16().Draw(t, label)) }
	return oracle.Call{Method: b("method"), Key: b("key"), TTL: b("ttl"), Time: b("time"), Value: b("value")}
}), 100, 300), func(calls []oracle.Call) oracle.Calls { return calls })

// setFlags sets flags, which configure rapid, and returns a function that resets them.
func setFlags(values map[string]string) (reset func()) {
	old := map[string]string{}
	for name, value := range values {
		old[name] = flag.Lookup(name).Value.String()
		flag.Set(name, value)
	}
	return func() {
		for name, value := range old {
			flag.Set(name, value)
		}
	}
}

// CompareWithOracle takes data for an engine of all, a setting, a type of keys and a
// sequence of calls, and returns the first difference between the engine and the
// oracle as an error. It is for fuzzing, in a synctest bubble: any data will do.
func CompareWithOracle(all []Engine, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	n := int(data[0])
	e, n := all[n%len(all)], n/len(all)
	s, n := settings[n%len(settings)], n/len(settings)
	k := keyTypes[n%len(keyTypes)]
	if e.shards > 1 && s.bounded() || !k.has(e) {
		return nil
	}
	if err := k.compare(e, s, oracle.Decode(data[1:])); err != nil {
		return fmt.Errorf("%s, %s, %s keys: %w", e.Name, s.name, k.name, err)
	}
	return nil
}
