package lastmodstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// outOfBand returns a codec whose encodings are empty: it keeps the values in memory.
func outOfBand() lastmodstore.Codec {
	var blocks []any
	return lastmodstore.Codec{
		Name:    "memory",
		Marshal: func(v any) ([]byte, error) { blocks = append(blocks, copied(v)); return nil, nil },
		Unmarshal: func(_ []byte, v any) error {
			block := blocks[len(blocks)-1]
			reflect.ValueOf(v).Elem().Set(reflect.ValueOf(block))
			return nil
		},
	}
}

func copied(slice any) any {
	v := reflect.ValueOf(slice)
	return reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v).Interface()
}

// 28: an empty encoding is not mistaken for the end of the snapshot.
func TestEmptyEncodingsAreSavedAndLoaded(t *testing.T) {
	g := NewWithT(t)
	s := storeOf(t, 1)
	to := storeOf(t, 0)
	to.Clear()
	codec := outOfBand()
	var b bytes.Buffer
	g.Expect(lastmodstore.Save(&b, s, codec)).To(Succeed())
	g.Expect(lastmodstore.Load(&b, to, codec)).To(Equal(1))
	g.Expect(contents(to)).To(Equal(contents(s)))
	for want, unmarshal := range map[string]func([]byte, any) error{
		"decodes 0 entries where it encoded 1": func([]byte, any) error { return nil },
		"cannot decode what it encoded: EOF":   func([]byte, any) error { return io.EOF },
	} {
		codec.Unmarshal = unmarshal
		g.Expect(lastmodstore.Save(&b, s, codec)).To(MatchError(And(ContainSubstring(`entry "a"`), ContainSubstring(want))))
	}
}

// A codec may modify the bytes that it decodes.
func TestCodecMayDecodeInPlace(t *testing.T) {
	g := NewWithT(t)
	s := storeOf(t, 1)
	to := storeOf(t, 0)
	to.Clear()
	codec := lastmodstore.JSON
	codec.Unmarshal = func(data []byte, v any) error {
		defer clear(data)
		return lastmodstore.JSON.Unmarshal(data, v)
	}
	var b bytes.Buffer
	g.Expect(lastmodstore.Save(&b, s, codec)).To(Succeed())
	g.Expect(lastmodstore.Load(&b, to, codec)).To(Equal(1))
	g.Expect(contents(to)).To(Equal(contents(s)))
}

// counting returns a codec like Gob that records the size of every block it encodes.
func counting(sizes *[]int) lastmodstore.Codec {
	codec := lastmodstore.Gob
	codec.Marshal = func(v any) ([]byte, error) {
		payload, err := lastmodstore.Gob.Marshal(v)
		*sizes = append(*sizes, len(payload))
		return payload, err
	}
	return codec
}

// 28: the size of a block in bytes is limited, whatever the sizes of the values are.
func TestBlocksOfLargeValuesHaveFewEntries(t *testing.T) {
	g := NewWithT(t)
	large := strings.Repeat("x", 1<<20)
	for name, isLarge := range map[string]func(int) bool{
		"all large":   func(i int) bool { return i >= 300 },
		"large last":  func(i int) bool { return i >= 340 },
		"every fifth": func(i int) bool { return i >= 300 && i%5 == 0 },
	} {
		s := mutexstore.New[int, string](0)
		for i := range 380 {
			if isLarge(i) {
				s.Set(i, large, 0)
			} else if name != "all large" {
				s.Set(i, "small", 0)
			}
		}
		var sizes []int
		var b bytes.Buffer
		g.Expect(lastmodstore.Save(&b, s, counting(&sizes))).To(Succeed(), name)
		read := 0
		reading := lastmodstore.Gob
		reading.Unmarshal = func(data []byte, v any) error {
			read = max(read, len(data))
			return lastmodstore.Gob.Unmarshal(data, v)
		}
		to := mutexstore.New[int, string](0)
		g.Expect(lastmodstore.Load(&b, to, reading)).To(Equal(s.Len()), name)
		g.Expect(read).To(BeNumerically("<=", 1<<24), name)
		if name == "all large" {
			g.Expect(sizes).To(HaveEach(BeNumerically("<", 3<<20)), "large values are not encoded together")
		}
		for key, e := range s.All() {
			got, _ := to.Get(key)
			g.Expect(got == e.Value).To(BeTrue(), name)
		}
		s.Close()
		to.Close()
	}
}

// An entry of more than 16 MiB gets a block of its own; one of more than 1 GiB is refused.
func TestSaveOfOneHugeValue(t *testing.T) {
	g := NewWithT(t)
	s, to := mutexstore.New[string, []byte](0), mutexstore.New[string, []byte](0)
	defer s.Close()
	defer to.Close()
	s.Set("small", nil, 0)
	s.Set("large", bytes.Repeat([]byte("x"), 20<<20), 0)
	s.Set("last", nil, 0)
	var b bytes.Buffer
	g.Expect(lastmodstore.Save(&b, s, lastmodstore.Gob)).To(Succeed())
	g.Expect(lastmodstore.Load(&b, to, lastmodstore.Gob)).To(Equal(3))
	got, _ := to.Get("large")
	g.Expect(got).To(HaveLen(20 << 20))
	if math.MaxInt == math.MaxInt32 {
		t.Skip("the address space is too small")
	}
	huge := lastmodstore.Gob
	huge.Marshal = func(any) ([]byte, error) { return make([]byte, 1<<30), nil } // never written, so it occupies no memory
	g.Expect(lastmodstore.Save(&b, s, huge)).To(MatchError(And(ContainSubstring(`entry "small": too large: 10737`), ContainSubstring("at most 1073741824 fit"))))
}

// 28: the error names the one of many entries that cannot be saved.
func TestSaveNamesTheEntryThatCannotBeSaved(t *testing.T) {
	g := NewWithT(t)
	for _, bad := range []int{0, 1, 2, 77, 500, 999} {
		s := mutexstore.New[string, float64](0)
		for i := range 1000 {
			s.Set(fmt.Sprint("key", i), float64(i), 0)
		}
		s.Set(fmt.Sprint("key", bad), math.Inf(1), lastmodstore.KeepTTL)
		err := lastmodstore.Save(io.Discard, s, lastmodstore.JSON)
		g.Expect(err).To(MatchError(ContainSubstring(fmt.Sprintf(`entry "key%d": json: unsupported value: +Inf`, bad))))
		g.Expect(lastmodstore.Save(io.Discard, s, lastmodstore.Gob)).To(Succeed())
		s.Close()
	}
	long := mutexstore.New[string, func()](0)
	defer long.Close()
	long.Set(strings.Repeat("long", 1000), func() {}, 0)
	g.Expect(len(lastmodstore.Save(io.Discard, long, lastmodstore.JSON).Error())).To(BeNumerically("<", 400))
	structs := mutexstore.New[[300]int, func()](0)
	defer structs.Close()
	structs.Set([300]int{}, func() {}, 0)
	g.Expect(len(lastmodstore.Save(io.Discard, structs, lastmodstore.JSON).Error())).To(BeNumerically("<", 400))
}

// A foreign store yields an entry that no Merge accepts.
type foreign[K comparable] struct {
	lastmodstore.Store[K, int]
	key K
	e   intEntry
}

func (f foreign[K]) All() iter.Seq2[K, intEntry] {
	return func(yield func(K, intEntry) bool) { yield(f.key, f.e) }
}

// 28: Load accepts everything that Save wrote.
func TestSaveRefusesWhatMergeWouldRefuse(t *testing.T) {
	g := NewWithT(t)
	floats, ints := mutexstore.New[float64, int](0), mutexstore.New[int, int](0)
	defer floats.Close()
	defer ints.Close()
	now := time.Now()
	err := lastmodstore.Save(io.Discard, foreign[float64]{floats, math.NaN(), intEntry{1, now, 0, time.Time{}}}, lastmodstore.Gob)
	g.Expect(err).To(MatchError(lastmodstore.ErrInvalidKey))
	err = lastmodstore.Save(io.Discard, foreign[int]{ints, 7, intEntry{1, now, -5, now}}, lastmodstore.Gob)
	g.Expect(err).To(MatchError(lastmodstore.ErrInvalidTTL))
	g.Expect(errors.Unwrap(err).Error()).To(ContainSubstring("entry 7"))
}
