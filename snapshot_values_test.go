package lastmodstore_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/big"
	"math/rand"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

type (
	speaker interface{ Speak() string }
	dog     struct{ Name string }
	private struct{ name string }
	tagged  struct {
		A string `json:"a,omitempty"`
		B []int  `json:",omitempty"`
		C map[string]int
	}
	skipping struct {
		A     string
		Cache []int `json:"-"`
	}
	Left     struct{ N int }
	Right    struct{ N int }
	clashing struct { // JSON leaves out both N
		Left
		Right
	}
	lenient struct { // cache is not part of the value
		ID    int
		cache *int
	}
	node struct {
		Name string
		Next *node
	}
	tree  struct{ Children []tree }
	stamp struct {
		at   time.Time
		name string
	}
	wrapped    struct{ time.Time }
	jsonNumber = json.Number
)

func (d dog) Speak() string            { return d.Name }
func (l lenient) Equal(m lenient) bool { return l.ID == m.ID }
func (l lenient) String() string       { return fmt.Sprint(l.ID) }
func (n node) String() string          { return fmt.Sprint(n.Name, n.Next) }

func (s stamp) MarshalJSON() ([]byte, error) { return json.Marshal(wrapped{s.at}) }
func (s *stamp) UnmarshalJSON(b []byte) error {
	var w wrapped
	err := json.Unmarshal(b, &w)
	s.at = w.Time
	return err
}

// A oneEntry is a store of one entry, with only the methods that Save and Load need:
// compiling an engine for each of the types below would take a minute.
type oneEntry[K comparable, V any] struct {
	lastmodstore.Store[K, V]
	key   K
	entry lastmodstore.Entry[V]
}

func (s *oneEntry[K, V]) Done() <-chan struct{} { return nil }

func (s *oneEntry[K, V]) All() iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) { yield(s.key, s.entry) }
}

func (s *oneEntry[K, V]) ModifiedSince(time.Time) iter.Seq2[K, lastmodstore.Entry[V]] { return s.All() }

func (s *oneEntry[K, V]) Merge(key K, e lastmodstore.Entry[V]) (bool, error) {
	s.key, s.entry = key, e
	return true, nil
}

// saved returns the snapshot of a store with one entry.
func saved[K comparable, V any](codec lastmodstore.Codec, key K, value V) (*bytes.Buffer, error) {
	s := &oneEntry[K, V]{key: key, entry: lastmodstore.Entry[V]{Value: value, LastModified: time.Now().Round(0)}}
	var b bytes.Buffer
	return &b, lastmodstore.Save(&b, s, codec)
}

// roundTrip returns a check that the entry comes back equal.
func roundTrip[K comparable, V any](key K, value V) func(lastmodstore.Codec) error {
	return func(codec lastmodstore.Codec) error {
		b, err := saved(codec, key, value)
		if err != nil {
			return err
		}
		var to oneEntry[K, V]
		if stored, err := lastmodstore.Load(b, &to, codec); err != nil || stored != 1 {
			return fmt.Errorf("saved, but not loaded: %d, %w", stored, err)
		}
		if got := to.entry.Value; to.key != key || shown(got) != shown(value) {
			return fmt.Errorf("came back as %v", got)
		}
		return nil
	}
}

// shown formats v, with a time in UTC.
func shown(v any) string {
	if t, ok := v.(time.Time); ok {
		v = t.UTC()
	}
	return fmt.Sprint(v)
}

// refused returns a check that Save returns an error that contains want.
func refused[K comparable, V any](key K, value V, want string) func(lastmodstore.Codec) error {
	return func(codec lastmodstore.Codec) error {
		_, err := saved(codec, key, value)
		if err == nil {
			return errors.New("it was saved")
		}
		if !strings.Contains(err.Error(), want) {
			return fmt.Errorf("%w: does not contain %q", err, want)
		}
		return nil
	}
}

func pointer[T any](v T) *T { return &v }

// 28: Load restores everything that Save wrote, and Save refuses what would not come back
// equal, with an error that names the key.
func TestValuesComeBackEqualOrAreRefused(t *testing.T) {
	gob.Register(dog{})
	now := time.Now().UTC()
	ring := &node{Name: "a"}
	ring.Next = ring
	self := tree{make([]tree, 1)}
	self.Children[0] = self
	holder := []any{nil}
	holder[0] = holder
	const json, gob, both = "json", "gob", "json gob"
	for i, c := range []struct {
		codecs string
		run    func(lastmodstore.Codec) error
	}{
		{both, roundTrip("a", 1)},
		{both, roundTrip(-1, uint64(math.MaxUint64))},
		{both, roundTrip(true, "")},
		{both, roundTrip("\ufffd <&>\u2028", "\ufffd \\ufffd")},
		{both, roundTrip("a", struct{}{})},
		{both, roundTrip("a", []string{})},
		{both, roundTrip("a", map[string][]byte{"x": nil, "y": {}, "z": {0, 255}})},
		{both, roundTrip("a", [][]int{nil, {}, {1}})},
		{both, roundTrip("a", [2]float32{math.MaxFloat32, 0.1})},
		{both, roundTrip([2]int{1, 2}, tagged{"x", []int{1}, map[string]int{"a": 1}})},
		{both, roundTrip(dog{"rex"}, &dog{"rex"})},
		{both, roundTrip("a", (*dog)(nil))},
		{both, roundTrip("a", any(nil))},
		{both, roundTrip("a", any("x"))},
		{both, roundTrip("a", now.Round(0))},
		{both, roundTrip("a", wrapped{now.Round(0)})},
		{both, roundTrip("a", netip.MustParseAddr("fe80::1%eth0"))},
		{both, roundTrip("a", big.NewInt(1).Lsh(big.NewInt(1), 200))},
		{both, roundTrip("a", tree{[]tree{{}, {[]tree{{}}}}})},
		{both, roundTrip("a", node{"a", &node{"b", nil}})},
		{both, roundTrip("a", lenient{1, pointer(1)})},

		{json, refused("a", math.NaN(), `entry "a": json`)},
		{json, refused("a", []float64{math.Inf(1)}, `entry "a": json`)},
		{json, refused("a\xff", 1, `entry "a\xff"`)},
		{json, refused("a", "\xff", `entry "a": codec "json" alters the value: Value comes back`)},
		{json, refused("a", map[string]int{"\xff": 1, "\xfe": 1}, "Value")},
		{json, refused("a", tagged{C: map[string]int{"\xff": 1}}, `Value.C["\xff"]`)},
		{json, refused(private{"a"}, 1, "entry {name:a}: codec \"json\" alters the key: it comes back as {name:}")},
		{json, refused(any(1), 1, "alters the key")},
		{json, refused("a", any(1), "alters the value")},
		{json, refused("a", map[string]any{"n": []any{"x", 1}}, `Value["n"][1] comes`)},
		{json, refused("a", speaker(dog{"rex"}), "cannot decode what it encoded")},
		{json, refused("a", skipping{"x", []int{1}}, "Value.Cache comes")},
		{json, refused("a", clashing{Left{1}, Right{2}}, "Value.Left.N comes")},
		{json, refused("a", 1i, "unsupported type")},
		{json, refused("a", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "year")},
		{json, refused("a", time.Unix(1000, 0).In(time.FixedZone("odd", 30)), "alters the value")},
		{json, refused("a", stamp{now, "x"}, "Value.name comes")},
		{json, roundTrip("a", stamp{now.Round(0), ""})},
		{json, roundTrip("a", jsonNumber("1.50"))},
		{json, roundTrip(jsonNumber("7"), []jsonNumber{"1", "-0"})},
		{json, refused("a", jsonNumber(""), "alters the value")}, // it would come back as 0
		{json, refused("a", struct{ N []jsonNumber }{[]jsonNumber{"1", ""}}, "Value.N[1] comes")},
		{json, refused("a", jsonNumber("x"), "invalid number")},
		{gob, roundTrip("a", jsonNumber(""))},
		{json, refused("a", ring, "cycle")},

		{gob, roundTrip("a\xff", "\xff")},
		{gob, roundTrip("a", []float64{math.NaN(), math.Inf(-1)})},
		{gob, roundTrip("a", 1i)},
		{gob, roundTrip(any(1), any(dog{"rex"}))},
		{gob, roundTrip("a", speaker(dog{"rex"}))},
		{gob, roundTrip("a", skipping{"x", []int{1}})},
		{gob, roundTrip("a", clashing{Left{1}, Right{2}})},
		{gob, roundTrip("a", time.Unix(1000, 0).In(time.FixedZone("odd", 30)))},
		{gob, roundTrip("a", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))},
		{gob, refused("a", private{"x"}, "no exported fields")},
		{gob, refused("a", speaker(wrappedDog{}), "not registered")},
		{gob, refused("a", pointer(0), "alters the value")},
		{gob, refused("a", []*bool{pointer(true), nil}, "nil")},
		{gob, refused("a", make(chan int), "alters the value")},
		{gob, refused("a", ring, `entry "a": gob cannot encode a value that contains itself`)},
		{gob, refused("a", self, "contains itself")},
		{gob, refused("a", holder, "contains itself")},

		{both, refused(time.Now(), 1, "alters the key")}, // its monotonic reading is part of a key
		{both, refused([1]time.Time{time.Unix(1, 0).In(time.FixedZone("odd", 3600))}, 1, "alters the key")},
		{both, roundTrip(now.Round(0), 1)},
		{both, refused(pointer("a"), 1, "alters the key")},
		{both, refused("a", func() {}, `entry "a"`)},
	} {
		for _, codec := range codecs {
			if strings.Contains(c.codecs, codec.Name) {
				if err := errors.Join(c.run(codec), c.run(unknown(codec))); err != nil {
					t.Errorf("case %d by %s: %v", i, codec.Name, err)
				}
			}
		}
	}
}

type wrappedDog struct{ dog }

// unknown returns a codec that does the same as codec, but whose properties Save does not
// know.
func unknown(codec lastmodstore.Codec) lastmodstore.Codec {
	return lastmodstore.Codec{
		Name:      codec.Name,
		Marshal:   func(v any) ([]byte, error) { return codec.Marshal(v) },
		Unmarshal: func(data []byte, v any) error { return codec.Unmarshal(data, v) },
	}
}

// Save does not decode values of these types to check them, so they must come back equal.
func TestValuesOfTypesKnownToBePreservedComeBackEqual(t *testing.T) {
	type inner struct {
		B  bool `json:"b,omitempty"`
		U8 []uint8
		F  map[int16]float32
		S  [3]string `json:"S,omitempty"`
	}
	type outer struct {
		I  int
		U  uint64 `json:",omitempty"`
		P  uintptr
		F  float64 `json:"f_1,omitempty"`
		In []inner `json:"in,omitempty"`
		M  map[string]map[uint8]inner
		T  []struct{}
	}
	rng := rand.New(rand.NewSource(1))
	for range 300 {
		key, _ := quick.Value(reflect.TypeFor[inner](), rng)
		value, _ := quick.Value(reflect.TypeFor[outer](), rng)
		for _, codec := range codecs {
			for _, codec := range []lastmodstore.Codec{codec, unknown(codec)} {
				if _, err := saved(codec, key.Interface().(inner).S, value.Interface().(outer)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
