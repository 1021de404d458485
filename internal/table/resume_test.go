package table

import (
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/internal/config"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
)

func TestChangesEndsAlthoughWritersInvalidateEveryCheckpoint(t *testing.T) {
	const cold, hot = 1000, 2 * walkLen
	tab := open[int, int](timeline.Start(), config.Config{})
	hash := func(key int) uint32 { return uint32(key) * 2654435761 }
	now := int64(0)
	write := func(from, to int) {
		for key := from; key < to; key++ {
			now++
			if err := tab.Set(hash(key), key, key, 0, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(0, cold+hot)
	p := Since[int, int](tab.line, time.Time{})
	seen := 0
	for steps := 0; !p.Done; steps++ {
		if steps > 100 {
			t.Fatal("the walk back starts over again and again")
		}
		tab.Changes(&p, now)
		for _, pair := range p.Pairs {
			if pair.Key != seen {
				t.Fatalf("key %d instead of %d", pair.Key, seen)
			}
			seen++
		}
		write(cold, cold+hot)
	}
	if seen != cold {
		t.Fatalf("%d keys, want %d", seen, cold)
	}
}

// 4: the steps of a feed are short, however often it has caught up before.
func TestFeedStepsAreShortHoweverOftenTheFeedHasCaughtUp(t *testing.T) {
	tab := open[int, int](timeline.Start(), config.Config{})
	now := tab.line.Now()
	write := func(from, to int) {
		for key := from; key < to; key++ {
			now++
			if err := tab.Set(uint32(key)*2654435761, key, key, 0, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(0, 2) // 0 remains the oldest
	f := NewFeed[int, int](tab.line, tab.line.Time(now))
	for range 30 {
		write(1, 2)
		for tab.Watch(&f, now); f.More; tab.Watch(&f, now) {
		}
	}
	write(1, 10*walkLen)
	if tab.Watch(&f, now); f.HasNext() {
		t.Errorf("4: one step walked back over more than %d modifications", walkLen)
	}
}
