// Package debugpage serves a page that shows running stores, in the manner of
// net/http/pprof: statistics with rates, the latest changes as they happen, and the
// entries by prefix of their keys, with their times and TTLs.
//
//	h := debugpage.New(
//		debugpage.Store("sessions", sessions),
//		debugpage.Store("prices", prices, debugpage.ShowValues(func(p price) string { return p.String() })),
//	)
//	mux.Handle("/debug/store/", h)
//
// The page only reads, and only while somebody looks at it: without a request there is
// no goroutine, no watcher and no timer. A request formats a limited number of entries. To
// find where a later page begins, or an entry whose value is shown, the store walks back
// over the entries that were modified since (about 20 ms for a million), in steps that
// hardly delay others. Reads mark no entry as used and count no hit. The one lasting effect
// is that of the first Watch: from then on the store remembers its latest removals (see
// [lastmodstore.RemovalLog]).
//
// A client that can request the page can read the keys, so mount it where only operators
// have access, as with pprof. Values are not shown unless [ShowValues] formats them.
//
// A page that is open holds a request open, which http.Server.Shutdown waits for. Let
// the context of requests end with the server: set http.Server.BaseContext.
package debugpage

import (
	"fmt"
	"net/http"

	"github.com/lastmodstore/lastmodstore"
)

// Handler serves the page. It is created by [New] and is safe for concurrent use.
type Handler struct {
	sources []source
	streams chan struct{} // one element for each live stream
}

var _ http.Handler = (*Handler)(nil)

// An Option configures a [Handler].
type Option func(*Handler)

// defaultStreams is the number of live streams without [MaxStreams].
const defaultStreams = 8

// New returns a handler that shows the stores that opts name, the first one by default.
// It panics if there is none, or if two have the same name.
//
// Mount it at a path that ends in a slash, with or without [http.StripPrefix]: it
// recognizes its pages by the part of the path after the last slash, and links are
// relative.
func New(opts ...Option) *Handler {
	h := &Handler{streams: make(chan struct{}, defaultStreams)}
	for _, apply := range opts {
		apply(h)
	}
	if len(h.sources) == 0 {
		panic("debugpage: New: there is no store to show: pass at least one debugpage.Store")
	}
	return h
}

// MaxStreams limits to n the number of pages that receive changes live at the same time.
// Further ones show everything else, and say why they are not live. The default is 8.
func MaxStreams(n int) Option {
	if n < 0 {
		panic(fmt.Sprintf("debugpage: MaxStreams(%d): the number must not be negative; 0 turns live changes off", n))
	}
	return func(h *Handler) { h.streams = make(chan struct{}, n) }
}

// Readable is what the page needs of a store. Every [lastmodstore.Store] has it.
type Readable[K comparable, V any] interface {
	lastmodstore.Reader[K, V]
	lastmodstore.Watcher[K, V]
}

// Store makes the handler show s under name. It panics if name is empty or used twice,
// or if s is nil.
//
// Keys are shown as package fmt prints them.
func Store[K comparable, V any](name string, s Readable[K, V], opts ...StoreOption[V]) Option {
	if name == "" {
		panic("debugpage: Store: the name is empty: pass the name to show")
	}
	if s == nil {
		panic(fmt.Sprintf("debugpage: Store(%q): the store is nil", name))
	}
	t := newTyped(name, s)
	for _, apply := range opts {
		apply(&t.values)
	}
	return func(h *Handler) {
		if h.find(name) != nil {
			panic(fmt.Sprintf("debugpage: Store(%q): the name is used twice: give each store its own", name))
		}
		h.sources = append(h.sources, t)
	}
}

// A StoreOption configures how a store with values of type V is shown.
type StoreOption[V any] func(*valueSettings[V])

type valueSettings[V any] struct {
	format func(V) string // nil if values are not shown
}

// ShowValues makes the page offer each entry's value, formatted by format. It is called
// only for an entry whose value somebody asks for, on the goroutine of the request: so
// possibly several times concurrently, and while the program uses the value.
func ShowValues[V any](format func(value V) string) StoreOption[V] {
	if format == nil {
		panic("debugpage: ShowValues: the function is nil: omit the option to hide values")
	}
	return func(v *valueSettings[V]) { v.format = format }
}

// find returns the source of that name, or nil.
func (h *Handler) find(name string) source {
	for _, s := range h.sources {
		if s.about().Name == name {
			return s
		}
	}
	return nil
}
