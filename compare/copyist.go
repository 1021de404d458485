package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A copyist keeps a copy of a store in a store of its own, from nothing but the
// feed, and survives restarts: its copy as a snapshot, its position as text.
type copyist struct {
	t       *tester
	open    func() stringStore
	source  stringStore
	copy    stringStore
	at      time.Time
	resyncs int
}

// catchUp follows the feed until there is no more, or for so many events.
func (c *copyist) catchUp(most int) {
	ctx, cancel := context.WithCancel(context.Background())
	c.t.Go(func() {
		for e := range c.source.Watch(ctx, c.at) {
			if c.apply(e); e.Kind == lastmodstore.CaughtUp {
				continue
			}
			if most--; most == 0 {
				break
			}
		}
	})
	time.Sleep(time.Microsecond) // shards wait until the clock has passed an event
	synctest.Wait()
	cancel()
	synctest.Wait()
}

func (c *copyist) apply(e event) {
	if e.At.Before(c.at) || e.At.Equal(c.at) && e.Kind != lastmodstore.CaughtUp {
		c.t.Errorf("24: %v %s at %v follows %v", e.Kind, e.Key, e.At, c.at)
	}
	c.at = e.At
	switch e.Kind {
	case lastmodstore.Modified:
		c.merge(e.Key, e.Entry)
	case lastmodstore.Resync:
		c.resyncs++
		c.resync()
	case lastmodstore.CaughtUp:
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

func (c *copyist) merge(key string, e entry) {
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

func sameEntry(a, b entry) bool {
	return a.Value == b.Value && a.TTL == b.TTL && a.LastModified.UnixNano() == b.LastModified.UnixNano() &&
		a.ExpiresAt.IsZero() == b.ExpiresAt.IsZero() && a.ExpiresAt.Equal(b.ExpiresAt)
}

// reopened saves s, closes it, lets a little time pass, and loads another store
// from the snapshot. It must hold what s held: entry for entry.
func reopened(t *tester, s stringStore, open func() stringStore, codec lastmodstore.Codec) stringStore {
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
