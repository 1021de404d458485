package oracle

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// watch returns what a watcher receives before it has to wait. An unbounded store
// chooses when it removes expired entries, each with a time of its own, so the oracle
// does not know what a watcher receives of them.
func (d *driver[K]) watch(s lastmodstore.Store[K, int], since time.Time) string {
	if !d.oracle.bounded() {
		return ""
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	var text strings.Builder
	go func() {
		defer close(ended)
		for e := range s.Watch(ctx, since) {
			fmt.Fprint(&text, e.Kind, " at ", d.nanos(e.At), " ", d.show(e.Key, e.Entry))
		}
	}()
	synctest.Wait()
	cancel()
	<-ended
	return text.String()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// A removal is what OnRemove reported.
type removal[K any] struct {
	key  K
	text string
}

func (d *driver[K]) removal(key K, e lastmodstore.Entry[int], why lastmodstore.EventKind) removal[K] {
	return removal[K]{key, fmt.Sprint(why, " ", d.show(key, e))}
}

// removals returns what was reported, all of it after a Cleanup. In an unbounded
// store only the removals of one key have an order that the oracle knows.
func (d *driver[K]) removals(all []removal[K]) string {
	if !d.oracle.bounded() {
		slices.SortStableFunc(all, func(a, b removal[K]) int { return cmp.Compare(fmt.Sprint(a.key), fmt.Sprint(b.key)) })
	}
	var text strings.Builder
	for _, r := range all {
		text.WriteString(r.text)
	}
	return text.String()
}
