package compare_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A copyist keeps a copy of a store in a store of its own, by nothing but the feed,
// and survives restarts: its copy as a snapshot, its position as text.
type copyist struct {
	t       *testing.T
	open    func() stringStore
	source  stringStore
	copy    stringStore
	at      time.Time
	resyncs int
}

// catchUp follows the feed until there is no more, or for so many events.
func (c *copyist) catchUp(most int) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for e := range c.source.Watch(ctx, c.at) {
			c.apply(e)
			if most--; most == 0 {
				break
			}
		}
	}()
	time.Sleep(time.Microsecond) // shards wait until the clock has passed an event
	synctest.Wait()
	cancel()
	synctest.Wait()
}

func (c *copyist) apply(e event) {
	if !e.At.After(c.at) {
		c.t.Errorf("24: %v %s at %v comes after %v", e.Kind, e.Key, e.At, c.at)
	}
	c.at = e.At
	switch e.Kind {
	case lastmodstore.Modified:
		c.merge(e.Key, e.Entry)
	case lastmodstore.Resync:
		c.resyncs++
		c.resync()
	default:
		c.copy.Delete(e.Key)
	}
}

// resync makes the copy what the source is now, including entries that are older
// than those of the copy.
func (c *copyist) resync() {
	held := maps.Collect(c.source.All())
	for key := range maps.Collect(c.copy.All()) {
		if _, ok := held[key]; !ok {
			c.copy.Delete(key)
		}
	}
	for key, e := range held {
		c.merge(key, e)
	}
}

func (c *copyist) merge(key string, e intEntry) {
	if old, ok := c.copy.GetEntry(key); ok && old.LastModified.After(e.LastModified) {
		c.copy.Delete(key)
	}
	if _, err := c.copy.Merge(key, e); err != nil {
		c.t.Error(err)
	}
}

// restart saves the copy and the position, and begins again from what was saved.
func (c *copyist) restart(codec lastmodstore.Codec) {
	position, _ := json.Marshal(c.at)
	c.copy = reopened(c.t, c.copy, c.open, codec)
	c.at = time.Time{}
	if err := json.Unmarshal(position, &c.at); err != nil {
		c.t.Error(err)
	}
}

// compare checks that the copy holds what the source holds.
func (c *copyist) compare() {
	c.t.Helper()
	want, got := maps.Collect(c.source.All()), maps.Collect(c.copy.All())
	for key, e := range want {
		known, ok := got[key]
		switch {
		case !ok:
			c.t.Errorf("24, 25: %s is missing in the copy", key)
		case !sameEntry(known, e):
			c.t.Errorf("8, 24: %s is %v in the copy instead of %v", key, known, e)
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			c.t.Errorf("24, 25: %s is still in the copy", key)
		}
	}
}

func sameEntry(a, b intEntry) bool {
	return a.Value == b.Value && a.TTL == b.TTL && a.LastModified.UnixNano() == b.LastModified.UnixNano() &&
		a.ExpiresAt.IsZero() == b.ExpiresAt.IsZero() && a.ExpiresAt.Equal(b.ExpiresAt)
}

// reopened saves s, closes it, lets a little time pass, and loads another store
// from the snapshot. It must hold what s held: entry for entry.
func reopened(t *testing.T, s stringStore, open func() stringStore, codec lastmodstore.Codec) stringStore {
	var snapshot bytes.Buffer
	if err := lastmodstore.Save(&snapshot, s, codec); err != nil {
		t.Fatal(err)
	}
	held := maps.Collect(s.All())
	s.Close()
	time.Sleep(time.Microsecond)
	s = open()
	if _, err := lastmodstore.Load(&snapshot, s, codec); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for key, e := range held {
		switch got, ok := s.GetEntry(key); {
		case !ok && !e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt): // expired meanwhile
		case !ok || !sameEntry(got, e):
			t.Errorf("28: %s was %v and is %v after a restart", key, e, got)
		}
	}
	return s
}

// restarts is a source that is written to and copied, both of which restart.
type restarts struct {
	*copyist
	random *rand.Rand
	codec  lastmodstore.Codec
}

func (r *restarts) write() {
	key, ttl := strconv.Itoa(r.random.IntN(30)), lastmodstore.NoExpiry
	if r.random.IntN(2) == 0 {
		ttl = time.Duration(1+r.random.IntN(10)) * time.Microsecond
	}
	switch r.random.IntN(8) {
	case 0:
		r.source.Delete(key)
	case 1:
		r.source.SetMany(map[string]int{key: r.random.Int(), "0": 1, "1": 2}, ttl)
	case 2:
		r.source.Add(key, 1, ttl)
	case 3:
		time.Sleep(time.Duration(r.random.IntN(3000)))
	default:
		r.source.Set(key, r.random.Int(), ttl)
	}
}

// restartInBubbles runs f for each engine, alone, behind one shard and behind eight, with
// many seeds.
func restartInBubbles(t *testing.T, f func(r *restarts)) {
	for _, e := range polled() {
		for seed := range uint64(atLength(10, 500)) {
			t.Run(fmt.Sprintf("%s/seed=%d", e.Name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					open := func() stringStore { return e.Strings(0, lastmodstore.RemovalLog(10_000)) }
					r := &restarts{
						copyist: &copyist{t: t, open: open, source: open(), copy: open()},
						random:  rand.New(rand.NewPCG(seed, 25)),
						codec:   []lastmodstore.Codec{lastmodstore.JSON, lastmodstore.Gob}[seed%2],
					}
					f(r)
					r.source.Close()
					r.copy.Close()
				})
			})
		}
	}
}

// 24, 28: a copy that restarts from its snapshot resumes where it was, without a
// Resync, wherever it was cut.
func TestFeedResumesAfterARestartOfTheReader(t *testing.T) {
	restartInBubbles(t, func(r *restarts) {
		for range 20 {
			for range r.random.IntN(15) {
				r.write()
			}
			if r.random.IntN(2) == 0 {
				r.catchUp(1 + r.random.IntN(5))
				r.restart(r.codec)
			}
			r.source.Cleanup()
			r.catchUp(-1)
			r.compare()
			r.restart(r.codec)
			r.compare()
			if r.resyncs > 0 {
				r.t.Error("25: Resync although everything is remembered")
			}
			if r.t.Failed() {
				return
			}
		}
	})
}

// 25, 28: when the source restarts from a snapshot that is older than the copy, or
// newer, the copy gets Resync first and is then as the source is.
func TestFeedResyncsAfterARestartOfTheWriter(t *testing.T) {
	restartInBubbles(t, func(r *restarts) {
		r.source.Set("first", 1, lastmodstore.NoExpiry)
		for range 20 {
			for range r.random.IntN(15) {
				r.write()
			}
			if r.random.IntN(2) == 0 {
				r.catchUp(1 + r.random.IntN(8))
			} else {
				r.catchUp(-1)
			}
			for range r.random.IntN(4) {
				r.write() // the copy does not see these, the snapshot contains them
			}
			before := r.at
			r.source = reopened(r.t, r.source, r.open, r.codec)
			for range r.random.IntN(4) {
				r.write()
			}
			r.source.Cleanup()
			r.copy.Cleanup()
			r.resyncs = 0
			r.catchUp(-1)
			if r.resyncs == 0 && !before.IsZero() {
				r.t.Error("25: no Resync for a position from before the restart")
			}
			r.compare()
			if r.t.Failed() {
				return
			}
		}
	})
}

// 25: a store knows nothing of what was before it was opened.
func TestFeedOfAFreshStoreBeginsWithResync(t *testing.T) {
	for _, e := range polled() {
		t.Run(e.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, before := range []time.Duration{1, time.Second, 100 * 365 * 24 * time.Hour} {
					for _, n := range []int{0, 1} {
						position := time.Now().Add(-before)
						s := e.Strings(0)
						for range n {
							s.Set("a", 1, lastmodstore.NoExpiry)
						}
						if got := firstKind(s, position); got != lastmodstore.Resync {
							t.Errorf("25: %v instead of Resync, %v before the opening, %d entries", got, before, n)
						}
						s.Close()
					}
				}
			})
		})
	}
}

// firstKind is the kind of the first event, or 0 if there is none.
func firstKind(s stringStore, since time.Time) (kind lastmodstore.EventKind) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for e := range s.Watch(ctx, since) {
		return e.Kind
	}
	return 0
}
