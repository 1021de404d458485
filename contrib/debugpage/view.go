package debugpage

import (
	"fmt"
	"net/http"
	"time"
)

// A view is what page.html shows.
type view struct {
	about
	Now     time.Time
	Closed  bool
	Stores  []storeLink
	Figures []figure
	Live    string // the URL of the stream

	Prefix  string
	Within  []choice
	Rows    []rowView
	Scanned int
	First   string // the URL of the first page, or empty on it
	Next    string // the URL of the next page, or empty on the last one
}

type storeLink struct {
	Name, URL string
	Current   bool
}

// A choice is one of the periods that entries can be limited to.
type choice struct {
	Value, Label string
	Chosen       bool
}

var periods = []choice{
	{Value: "", Label: "any time"},
	{Value: "1m", Label: "the last minute"},
	{Value: "1h", Label: "the last hour"},
	{Value: "24h", Label: "the last day"},
}

type rowView struct {
	row
	Age   string
	Left  string // until it expires
	Value string // the URL of its value, or empty
}

func newView(h *Handler, r *http.Request, s source) (*view, error) {
	v := &view{about: s.about(), Now: time.Now(), Figures: figures(s.stats()), Prefix: r.URL.Query().Get("prefix")}
	v.Live = link("live", "store", v.Name)
	for _, other := range h.sources {
		name := other.about().Name
		v.Stores = append(v.Stores, storeLink{name, link("", "store", name), name == v.Name})
	}
	select {
	case <-s.done():
		v.Closed = true
	default:
	}
	return v, v.list(r, s)
}

// list loads the entries that the request asks for.
func (v *view) list(r *http.Request, s source) (err error) {
	q := listing{prefix: v.Prefix}
	within := r.URL.Query().Get("within")
	if q.since, err = v.choose(within); err != nil {
		return err
	}
	if after := r.URL.Query().Get("after"); after != "" {
		if q.after, err = parseCursor(after); err != nil {
			return err
		}
		v.First = link("", "store", v.Name, "prefix", v.Prefix, "within", within)
	}
	p := s.page(q)
	v.Scanned = p.Scanned
	if p.Next.isSet() {
		v.Next = link("", "store", v.Name, "prefix", v.Prefix, "within", within, "after", p.Next.String())
	}
	for _, row := range p.Rows {
		v.Rows = append(v.Rows, v.row(row))
	}
	return nil
}

// choose marks the chosen period and returns when it began.
func (v *view) choose(within string) (since time.Time, err error) {
	known := false
	for _, c := range periods {
		c.Chosen = c.Value == within
		known = known || c.Chosen
		v.Within = append(v.Within, c)
	}
	if !known {
		return since, fmt.Errorf("unknown period %q: use 1m, 1h or 24h", cut(within, maxLabel))
	}
	if within == "" {
		return since, nil
	}
	d, err := time.ParseDuration(within)
	return v.Now.Add(-d), err
}

func (v *view) row(r row) rowView {
	shown := rowView{row: r, Age: age(v.Now, r.Modified)}
	if !r.Expires.IsZero() {
		shown.Left = short(max(0, r.Expires.Sub(v.Now)))
	}
	if v.ShowsValues {
		shown.Value = link("value", "store", v.Name, "entry", r.At.String())
	}
	return shown
}
