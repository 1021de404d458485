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

// watch writes down what a watcher sees before it has to wait. An unbounded
// store removes expired entries when it likes, each with a time of its own, so
// that what a watcher sees of them is not for the oracle to say.
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
			fmt.Fprint(&text, e.Kind, " at ", int64(e.At.Sub(d.start)), " ", d.show(e.Key, e.Entry))
		}
	}()
	synctest.Wait()
	cancel()
	<-ended
	if d.looks {
		d.oracle.promised = later(d.oracle.promised, time.Now().Add(-1))
	}
	return text.String()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// A removal is what OnRemove was told.
type removal[K any] struct {
	key  K
	text string
}

func (d *driver[K]) removal(key K, e lastmodstore.Entry[int], why lastmodstore.EventKind) removal[K] {
	return removal[K]{key, fmt.Sprint(why, " ", d.show(key, e))}
}

// removals writes down what was handed over, all of it after a Cleanup. In an
// unbounded store only those of one key have an order that the oracle knows.
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
