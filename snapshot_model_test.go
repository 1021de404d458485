package lastmodstore_test

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// 28: a snapshot contains every entry that is live for the whole call of Save, with a
// value it had during the call, and nothing else.
// 20: saving a store that is closed meanwhile is an error.
func TestSnapshotAgreesWithModelUnderConcurrentOperations(t *testing.T) {
	for _, engine := range snapshotEngines {
		t.Run("engine="+engine.name, func(t *testing.T) {
			for seed := range uint64(150) {
				if !modelledSave(t, seed, engine.open) {
					return
				}
			}
		})
	}
}

func modelledSave(t *testing.T, seed uint64, open func() intStore) bool {
	synctest.Test(t, func(t *testing.T) {
		m := &savingModel{intStore: open(), rng: rand.New(rand.NewPCG(seed, 28))}
		defer m.intStore.Close()
		m.populate()
		m.begin()
		var file bytes.Buffer
		err := lastmodstore.Save(&file, m, lastmodstore.Gob)
		g := NewWithT(t)
		if m.closed {
			g.Expect(err).To(MatchError(lastmodstore.ErrClosed), "seed %d", seed)
			return
		}
		g.Expect(err).NotTo(HaveOccurred(), "seed %d", seed)
		saved := recorder{entries: map[string]intEntry{}, refuse: m.never}
		_, err = lastmodstore.Load(&file, &saved, lastmodstore.Gob)
		g.Expect(err).NotTo(HaveOccurred(), "seed %d", seed)
		for key := range m.through {
			_, ok := saved.entries[key]
			g.Expect(ok).To(BeTrue(), "seed %d: %s is not in the snapshot, but was %s", seed, key, m.states[key])
		}
	})
	return !t.Failed()
}

// A savingModel is a store that changes while Save reads it. It knows what the snapshot
// must contain and what it may contain.
type savingModel struct {
	intStore
	rng *rand.Rand

	keys   int           // number of different keys
	mean   int           // mean number of steps of Save between two operations
	ahead  time.Duration // how far in the future merged entries may be
	value  int           // the last value stored
	closed bool

	current map[string]intEntry
	through map[string]bool     // keys whose entry has been live since Save began
	states  map[string][]string // states of each key's entry since then
}

func (m *savingModel) populate() {
	m.keys, m.mean = 1+m.rng.IntN(900), []int{2, 10, 60, 400}[m.rng.IntN(4)]
	m.ahead = []time.Duration{1, time.Minute}[m.rng.IntN(2)]
	m.current = map[string]intEntry{}
	for range m.rng.IntN(2 * m.keys) {
		if m.rng.IntN(20) == 0 {
			m.pass()
		}
		if m.rng.IntN(5) == 0 {
			m.merge()
		} else {
			m.set()
		}
	}
}

// begin lets some time pass and discards the record of earlier states.
func (m *savingModel) begin() {
	time.Sleep(m.upTo(time.Minute))
	m.pass()
	m.through, m.states = map[string]bool{}, map[string][]string{}
	for key := range m.current {
		m.through[key] = true
		m.observe(key)
	}
}

// never returns an error if the entry for key has never been e since Save began.
func (m *savingModel) never(key string, e intEntry) error {
	for _, s := range m.states[key] {
		if s == state(e) {
			return nil
		}
	}
	return fmt.Errorf("%s was never %s, but %s", key, state(e), m.states[key])
}

// observe records the entry for key after an operation.
func (m *savingModel) observe(key string) {
	e, ok := m.GetEntry(key)
	if !ok {
		delete(m.current, key)
		delete(m.through, key)
		return
	}
	m.current[key] = e
	if m.states != nil {
		m.states[key] = append(m.states[key], state(e))
	}
}

func (m *savingModel) ModifiedSince(t time.Time) iter.Seq2[string, intEntry] {
	return m.disturbed(m.intStore.ModifiedSince(t))
}

func (m *savingModel) All() iter.Seq2[string, intEntry] { return m.disturbed(m.intStore.All()) }

// disturbed yields entries, and performs random operations before, between and after
// them.
func (m *savingModel) disturbed(entries iter.Seq2[string, intEntry]) iter.Seq2[string, intEntry] {
	return func(yield func(string, intEntry) bool) {
		m.disturb()
		for key, e := range entries {
			if !yield(key, e) {
				return
			}
			m.disturb()
		}
		m.disturb()
	}
}

func (m *savingModel) disturb() {
	for m.rng.IntN(m.mean) == 0 {
		m.operate()
	}
}

func (m *savingModel) operate() {
	switch n := m.rng.IntN(2000); {
	case n == 0:
		m.Close()
		m.closed = true
	case n < 4:
		m.Clear()
		for key := range m.current {
			m.observe(key)
		}
	case n < 100:
		m.pass()
	case n < 250:
		key := m.key()
		m.Delete(key)
		m.observe(key)
	case n < 400:
		key := m.key()
		m.Touch(key, m.ttl())
		m.observe(key)
	case n < 500: // remove an entry and merge it back unchanged
		key := m.key()
		e, ok, _ := m.GetAndDelete(key)
		m.observe(key)
		if ok {
			m.Merge(key, e)
			m.observe(key)
		}
	case n < 1000:
		m.set()
	case n < 1050:
		m.setMany()
	default:
		m.merge()
	}
}

// pass lets a random time pass.
func (m *savingModel) pass() {
	time.Sleep(time.Duration(m.rng.IntN(1 << m.rng.IntN(26))))
	for key, e := range m.current {
		if !e.ExpiresAt.IsZero() && !time.Now().Before(e.ExpiresAt) {
			m.observe(key)
		}
	}
}

func (m *savingModel) set() {
	key := m.key()
	m.value++
	m.Set(key, m.value, m.ttl())
	m.observe(key)
}

func (m *savingModel) setMany() {
	values := map[string]int{}
	for range 1 + m.rng.IntN(5) {
		m.value++
		values[m.key()] = m.value
	}
	m.SetMany(values, m.ttl())
	for key := range values {
		m.observe(key)
	}
}

// merge merges an entry with a random time: close to that of another entry, or in the
// past or the future of the clock.
func (m *savingModel) merge() {
	key, at := m.key(), time.Now()
	if other, ok := m.current[m.key()]; ok && m.rng.IntN(4) > 0 {
		at = other.LastModified.Add(time.Duration(m.rng.IntN(5) - 2))
	} else {
		at = at.Add(m.upTo(m.ahead) - m.upTo(time.Minute))
	}
	m.value++
	e := intEntry{Value: m.value, LastModified: at}
	if e.TTL = max(0, m.ttl()); e.TTL > 0 {
		e.ExpiresAt = time.Now().Add(e.TTL)
	}
	m.Merge(key, e)
	m.observe(key)
}

// upTo returns a random duration below limit, distributed over all magnitudes.
func (m *savingModel) upTo(limit time.Duration) time.Duration {
	return time.Duration(m.rng.Int64N(int64(limit))) >> m.rng.IntN(40)
}

func (m *savingModel) key() string { return fmt.Sprint(m.rng.IntN(m.keys)) }

func (m *savingModel) ttl() time.Duration {
	switch m.rng.IntN(4) {
	case 0:
		return lastmodstore.KeepTTL
	case 1:
		return time.Duration(1 + m.rng.IntN(1<<(1+m.rng.IntN(28))))
	}
	return lastmodstore.NoExpiry
}
