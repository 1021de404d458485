package compare

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// restarts tests the feed and snapshots of stores that restart.
func restarts(c *cases) {
	c = c.on(anyShards).with(Feed, Merging, Batches, Adding, Changes)
	c.add("24, 28: a copy that restarts from its snapshot resumes where it was, without a Resync", restartReader)
	c.add("25, 28: when the source restarts, the copy gets Resync first and becomes what the source is", restartSource)
}

// A restart is a source that is written to and copied, both of which restart.
type restart struct {
	*copyist
	random *rand.Rand
	codec  lastmodstore.Codec
}

func (r *restart) write() {
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

// restartInBubbles runs f with many seeds.
func restartInBubbles(t *tester, f func(r *restart)) {
	t.seeds(10, 500, func(seed uint64) {
		t.bubble(func() {
			open := func() stringStore { return t.engine.Strings(0, lastmodstore.RemovalLog(10_000)) }
			r := &restart{
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

// restartReader cuts the feed of a copy at random.
func restartReader(t *tester) {
	restartInBubbles(t, func(r *restart) {
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

// restartSource restarts the source from a snapshot that is older or newer than the
// copy.
func restartSource(t *tester) {
	restartInBubbles(t, func(r *restart) {
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
