package debugpage

import (
	"hash/maphash"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// What one request does at most.
const (
	pageEntries  = 50      // entries shown
	maxScanned   = 10_000  // entries whose keys are compared with the prefix
	maxScannedKB = 8 << 10 // length of those keys, which fmt may have to produce
	maxEqual     = 100_000 // entries modified at the same time that are passed over
	maxValue     = 64 << 10
)

// A listing is a request for entries, least recently modified first.
type listing struct {
	prefix string
	since  time.Time // only entries modified after it
	after  cursor    // continues after this entry, if set
}

// page is a part of a listing.
type page struct {
	Rows    []row
	Scanned int    // entries examined
	Next    cursor // where to continue, if set
}

// A row is an entry without its value.
type row struct {
	Key      label
	At       cursor // identifies the entry
	Modified time.Time
	TTL      time.Duration
	Expires  time.Time // zero if never
}

// page loads the entries by ModifiedSince, which can start in the middle: LastModified
// is the position. The store walks back to it, in steps that hardly delay others.
func (s *typed[K, V]) page(q listing) page {
	if !q.after.isSet() {
		return s.collect(q, s.store.ModifiedSince(q.since))
	}
	entries := s.store.ModifiedSince(q.after.before())
	found := false
	p := s.collect(q, s.behind(q.after, entries, &found))
	if !found {
		p = s.collect(q, entries) // shows entries again rather than omit some
	}
	return p
}

// behind leaves out the entries up to c: more than one if entries were merged with equal
// times. If the entry at c has gone, it leaves out all. It sets found otherwise.
func (s *typed[K, V]) behind(c cursor, entries iter.Seq2[K, lastmodstore.Entry[V]], found *bool) iter.Seq2[K, lastmodstore.Entry[V]] {
	return func(yield func(K, lastmodstore.Entry[V]) bool) {
		n := 0
		for key, e := range entries {
			switch {
			case *found:
				if !yield(key, e) {
					return
				}
			case e.LastModified.UnixNano() != c.at || n == maxEqual:
				return
			default:
				n++
				*found = s.hash(key) == c.key
			}
		}
	}
}

func (s *typed[K, V]) collect(q listing, entries iter.Seq2[K, lastmodstore.Entry[V]]) page {
	var p page
	var last cursor
	bytes := 0
	for key, e := range entries {
		if p.Scanned == maxScanned || bytes > maxScannedKB<<10 {
			p.Next = last
			break
		}
		text := keyText(key)
		fits := strings.HasPrefix(text, q.prefix)
		if fits && len(p.Rows) == pageEntries {
			p.Next = last
			break
		}
		p.Scanned++
		bytes += len(text)
		last = s.at(key, e)
		if fits {
			p.Rows = append(p.Rows, row{s.label(key, text), last, e.LastModified, e.TTL, e.ExpiresAt})
		}
	}
	return p
}

// value looks the entry up by its position and not by Get, which would mark it as used
// and count a hit.
func (s *typed[K, V]) value(c cursor) (text string, ok bool) {
	n := 0
	for key, e := range s.store.ModifiedSince(c.before()) {
		if n++; e.LastModified.UnixNano() != c.at || n > maxEqual {
			break
		}
		if s.hash(key) == c.key {
			return cut(s.values.format(e.Value), maxValue), true
		}
	}
	return "", false
}

func (s *typed[K, V]) at(key K, e lastmodstore.Entry[V]) cursor {
	return cursor{e.LastModified.UnixNano(), s.hash(key)}
}

// hash distinguishes keys that were modified at the same time, and that fmt may print
// alike. It is never 0.
func (s *typed[K, V]) hash(key K) uint64 { return max(1, maphash.Comparable(s.seed, key)) }

// A cursor identifies an entry by its LastModified, in nanoseconds, and its key's hash.
// So a key need not be parsed. A modified entry has another one.
type cursor struct {
	at  int64
	key uint64 // 0 if the cursor is not set
}

func (c cursor) isSet() bool { return c.key != 0 }

// before returns the position before the entries with the time of c.
func (c cursor) before() time.Time { return time.Unix(0, max(c.at, math.MinInt64+1)-1) }
