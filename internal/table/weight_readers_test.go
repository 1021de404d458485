package table

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/config"
)

// heldByReaders returns the weight of what readers without a lock find: each value is its
// own weight.
func (f *fixture) heldByReaders(keys int) (weight int) {
	for key := range keys {
		if value, _, result := f.t.Get(hashOf(key), key); result == Present {
			weight += value
		}
	}
	return weight
}

// 17: a write that evicts two entries makes room before it publishes what it stores.
// It calls poison between the two evictions.
func TestReadersNeverFindMoreThanMaxWeight(t *testing.T) {
	if !isShared {
		t.Skip("readers take the lock")
	}
	const keys, written, limit = 4, 3, 10
	for name, write := range map[string]func(f *fixture) error{
		"Set": func(f *fixture) error { return f.setWeighed(written, limit, 0, 2) },
		"SetIfUnmodifiedSince": func(f *fixture) error {
			var c Copy[int]
			since, _ := f.t.GetEntry(hashOf(written), written, 2)
			f.t.Weigh(limit)
			_, err := f.t.SetIfUnmodifiedSince(hashOf(written), written, limit, 0, since.LastModified, 2, &c)
			f.Expect(c.Value()).To(Equal(limit))
			return err
		},
		"Add": func(f *fixture) error {
			var c Copy[int]
			present, _ := f.t.GetEntry(hashOf(written), written, 2)
			f.t.Weigh(limit)
			err := f.t.Add(hashOf(written), written, limit-present.Value, 0, 2, &c)
			f.Expect(c.Value()).To(Equal(limit))
			return err
		},
		"SetMany of one key": func(f *fixture) error {
			return f.t.SetMany([]Assignment[int, int]{{Hash: hashOf(written), Key: written, Value: limit, weight: limit}}, 0, 2)
		},
		"Merge": func(f *fixture) error {
			f.t.Weigh(limit)
			_, err := f.t.Merge(hashOf(written), written, lastmodstore.Entry[int]{Value: limit, LastModified: f.t.line.Time(100)}, 2)
			return err
		},
	} {
		for _, isPresent := range []bool{false, true} {
			f := newFixture(t, config.Config{MaxWeight: limit})
			if isPresent {
				f.Expect(f.setWeighed(written, 1, 0, 1)).To(Succeed())
			}
			f.Expect(f.setWeighed(0, 5, 0, 1)).To(Succeed())
			f.Expect(f.setWeighed(1, 4, 0, 1)).To(Succeed())
			f.t.slots.next = 0 // so that the slot of the first is freed at once
			isChecked := false
			f.t.slots.poison = func(*slot[int, int]) {
				isChecked = true
				f.Expect(f.heldByReaders(keys)).To(BeNumerically("<=", limit), name)
			}
			f.Expect(write(f)).To(Succeed(), name)
			f.Expect(isChecked).To(BeTrue(), name)
			f.Expect(f.t.Stats().Evictions).To(BeEquivalentTo(2), name)
			f.Expect(f.heldByReaders(keys)).To(Equal(limit), name)
			f.t.check(t)
		}
	}
}
