package debugpage

import (
	"context"
	"fmt"
	"hash/maphash"
	"reflect"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// A source is a store without its types.
type source interface {
	about() about
	stats() lastmodstore.Stats
	done() <-chan struct{}

	// page returns the next entries of a listing.
	page(q listing) page
	// value returns the formatted value of the entry at c, and reports whether it is
	// still there.
	value(c cursor) (text string, ok bool)
	// follow returns the changes after since that happen until ctx ends, and the position
	// after them. It returns early with more set if there are too many.
	follow(ctx context.Context, since time.Time) (changes []change, position time.Time, more bool)
}

// about is what does not change about a store.
type about struct {
	Name, Engine, Keys, Values string
	ShowsValues                bool
}

// typed implements source.
type typed[K comparable, V any] struct {
	name   string
	store  Readable[K, V]
	values valueSettings[V]
	seed   maphash.Seed
	mixed  bool // keys are of an interface type
}

func newTyped[K comparable, V any](name string, s Readable[K, V]) *typed[K, V] {
	return &typed[K, V]{
		name:  name,
		store: s,
		seed:  maphash.MakeSeed(),
		mixed: reflect.TypeFor[K]().Kind() == reflect.Interface,
	}
}

func (s *typed[K, V]) about() about {
	return about{
		Name:        s.name,
		Engine:      engineName(s.store),
		Keys:        reflect.TypeFor[K]().String(),
		Values:      reflect.TypeFor[V]().String(),
		ShowsValues: s.values.format != nil,
	}
}

// engineName returns the type of s without its type parameters.
func engineName(s any) string {
	t := reflect.TypeOf(s)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.String()
	for i, c := range name {
		if c == '[' {
			return name[:i]
		}
	}
	return name
}

func (s *typed[K, V]) stats() lastmodstore.Stats { return s.store.Stats() }

func (s *typed[K, V]) done() <-chan struct{} { return s.store.Done() }

// keyText returns what fmt prints of key, in full.
func keyText[K comparable](key K) string {
	if text, ok := any(key).(string); ok {
		return text
	}
	return fmt.Sprint(key)
}

// label returns how to show key, whose text is that.
func (s *typed[K, V]) label(key K, text string) label {
	l := newLabel(text)
	if s.mixed {
		l.Type = fmt.Sprintf("%T", key)
	}
	return l
}
