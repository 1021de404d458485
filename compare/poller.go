package compare

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A poller knows of a store only what ModifiedSince yields after the last
// LastModified that it received.
type poller struct {
	t        *tester
	s        stringStore
	last     time.Time
	known    map[string]entry
	received map[version]bool
}

// A version is one modification of one key.
type version struct {
	key string
	at  int64
}

func newPoller(t *tester, s stringStore) *poller {
	return &poller{t: t, s: s, known: map[string]entry{}, received: map[version]bool{}}
}

// poll makes one call and runs body after each entry.
func (p *poller) poll(body func(key string, e entry)) {
	for key, e := range p.s.ModifiedSince(p.last) {
		v := version{key, e.LastModified.UnixNano()}
		switch {
		case p.received[v]:
			p.t.Errorf("13: %s, modified at %d, is received twice", key, v.at)
		case e.LastModified.Before(p.last):
			p.t.Errorf("13: %s is out of order", key)
		}
		p.received[v], p.known[key] = true, e
		p.last = e.LastModified.Round(0) // as it comes back from JSON
		body(key, e)
	}
}

// compare checks that the newest version of each key that s holds was received.
func (p *poller) compare() {
	p.t.Helper()
	lost, held := 0, 0
	for key, e := range p.s.All() {
		held++
		if known, ok := p.known[key]; !ok || !known.LastModified.Equal(e.LastModified) || known.Value != e.Value {
			lost++
		}
	}
	if lost > 0 {
		p.t.Errorf("13: the last changes of %d of %d keys were not received", lost, held)
	}
}

// A pollWriter writes keys of its own, some of them new, and now and then checks
// that ModifiedSince lists what it has just set.
type pollWriter struct {
	t      *tester
	s      stringStore
	id     int
	random *rand.Rand
	keys   int
}

func (w *pollWriter) write(n int) {
	if w.keys == 0 || w.random.IntN(3) > 0 {
		w.keys++
	}
	key := fmt.Sprintf("%d-%d", w.id, w.random.IntN(w.keys))
	if w.random.IntN(4) == 0 {
		key = fmt.Sprintf("%d-%d", w.id, w.keys-1)
	}
	switch w.random.IntN(6) {
	case 0:
		w.s.SetMany(map[string]int{key: n, fmt.Sprintf("%d-0", w.id): n}, lastmodstore.NoExpiry)
	case 1:
		w.s.Add(key, n, lastmodstore.NoExpiry)
	case 2:
		w.s.Delete(key)
	default:
		w.s.Set(key, n, lastmodstore.NoExpiry)
		if w.random.IntN(20) == 0 {
			w.findOwn(key)
		}
	}
}

func (w *pollWriter) findOwn(key string) {
	at, _ := w.s.GetLastModified(key)
	for found, e := range w.s.ModifiedSince(at.Add(-1)) {
		if found == key && e.LastModified.Equal(at) {
			return
		}
	}
	w.t.Errorf("13: a caller's own write of %s is not listed", key)
}

// pollWhileWriting makes one call whose body writes, and checks that no entry is
// yielded that was set after the call began.
func (p *poller) pollWhileWriting(w *pollWriter) {
	before := map[string]time.Time{}
	for n := range 5 {
		w.write(n)
	}
	for key, e := range p.s.All() {
		before[key] = e.LastModified
	}
	p.poll(func(key string, e entry) {
		if !e.LastModified.Equal(before[key]) {
			p.t.Errorf("13: %s was set after the call began", key)
		}
		w.write(p.s.Len())
		if w.random.IntN(10) == 0 {
			time.Sleep(time.Duration(w.random.IntN(3)))
		}
	})
}
