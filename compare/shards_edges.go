package compare

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func mergeAheadInShards(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	ahead := time.Now().Add(50 * time.Second)
	t.Expect(s.Merge("a", entry{LastModified: ahead})).To(BeTrue())
	for i := range 100 {
		key := fmt.Sprint(i)
		t.Expect(s.Set(key, i, 0)).To(Succeed())
		at, _ := s.GetLastModified(key)
		t.Expect(at.After(ahead)).To(BeTrue(), "%s: %v", key, at)
	}
}

// endsOfWatches ends watches that wait for an entry that was merged ahead of the
// clock.
func endsOfWatches(t *tester) {
	for name, end := range map[string]func(s stringStore, cancel func()){
		"Close":  func(s stringStore, _ func()) { s.Close() },
		"cancel": func(_ stringStore, cancel func()) { cancel() },
	} {
		t.bubble(func() {
			s := Shards(4, *t.engine.shard).Strings(0)
			defer s.Close()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s.Merge("a", entry{LastModified: time.Now().Add(50 * time.Second)})
			ended := make(chan time.Time, 1)
			t.Go(func() {
				for range s.Watch(ctx, time.Time{}) {
				}
				ended <- time.Now()
			})
			synctest.Wait()
			start := time.Now()
			end(s, cancel)
			if late := (<-ended).Sub(start); late > 0 {
				t.Errorf("20: a watch ended %v after %s", late, name)
			}
		})
	}
}

// closeWhileListenerWrites closes s while a listener writes until it finds the store
// closed. Close waits for it, so every shard must be closed before it does.
func closeWhileListenerWrites(t *tester, s stringStore, key string) {
	started := make(chan struct{})
	s.Set("a", 1, 0)
	s.OnRemove(func(removed string, _ entry, _ lastmodstore.EventKind) {
		if removed != "a" {
			return
		}
		close(started)
		for range 100_000 {
			if err := s.Set(key, 1, 0); errors.Is(err, lastmodstore.ErrClosed) {
				return
			}
			runtime.Gosched()
		}
		t.Error("11: Close waits for a listener that waits for Close")
	})
	s.Delete("a")
	<-started
	s.Close()
}

// shardsOfShards takes a panic with a sentence that says why for a refusal.
func shardsOfShards(t *tester) {
	var s stringStore
	refusal := func() (message any) {
		defer func() { message = recover() }()
		s = Shards(2, Shards(2, *t.engine.shard)).Strings(0)
		return nil
	}()
	if refusal != nil {
		t.Expect(refusal).To(ContainSubstring("lastmodstore: NewSharded"))
		return
	}
	defer s.Close()
	p, c := newPoller(t, s), &copyist{t: t, source: s, copy: t.engine.Strings(0)}
	defer c.copy.Close()
	for i := range 200 {
		t.Expect(s.Set(fmt.Sprint(i%30), i, 0)).To(Succeed())
		if i%10 == 0 {
			p.poll(func(string, entry) {})
			p.compare()
			c.catchUp(-1)
			c.compare()
		}
	}
}
