package table

import "time"

// Long reads that are in progress while a walk modifies the table.

type scanning struct {
	page   Page[int, int]
	seen   map[int]bool
	stable map[int]bool // present since the scan began
}

func (w *walk) stepScan() {
	if w.scan == nil {
		w.scan = &scanning{seen: map[int]bool{}, stable: map[int]bool{}}
		for key := range w.m.entries {
			w.scan.stable[key] = true
		}
	}
	s := w.scan
	w.t.Scan(&s.page, w.now)
	for _, p := range s.page.Pairs {
		want, _ := w.entry(w.m.entries[p.Key])
		must(w, "Scan", p.Entry, want)
		must(w, "Scan: entry is live", w.m.entries[p.Key].deadline > w.now, true)
		must(w, "Scan: key was seen before", s.seen[p.Key], false)
		s.seen[p.Key] = true
	}
	if s.page.Done {
		for key := range s.stable {
			if w.m.entries[key].deadline > w.now && !s.seen[key] {
				w.Fatalf("Scan: key %d was present all the time, but did not appear", key)
			}
		}
		w.scan = nil
	}
}

type changing struct {
	page        Page[int, int]
	from, until int64
	latest      int64 // modification time seen
	seen        map[int]bool
	stable      map[int]bool // in the range, and not modified since
}

func (w *walk) stepChanges() {
	if w.changes == nil {
		w.changes = w.beginChanges()
	}
	c := w.changes
	w.t.Changes(&c.page, w.now)
	for _, p := range c.page.Pairs {
		e := w.m.entries[p.Key]
		want, _ := w.entry(e)
		must(w, "Changes", p.Entry, want)
		must(w, "Changes: entry is live", e.deadline > w.now, true)
		must(w, "Changes: entry is in range", c.from < e.modified && e.modified <= c.until, true)
		must(w, "Changes: entry is in order", c.latest <= e.modified, true)
		if c.stable[p.Key] {
			must(w, "Changes: key was seen before", c.seen[p.Key], false)
		}
		c.latest, c.seen[p.Key] = e.modified, true
	}
	if c.page.Done {
		for key := range c.stable {
			if w.m.entries[key].deadline > w.now && !c.seen[key] {
				w.Fatalf("Changes: key %d did not appear", key)
			}
		}
		w.changes = nil
	}
}

func (w *walk) beginChanges() *changing {
	since, from := w.instant(w.key())
	if w.IntN(3) == 0 {
		since, from = time.Time{}, -1<<63
	}
	c := &changing{from: from, until: w.m.last, latest: from, seen: map[int]bool{}, stable: map[int]bool{}}
	c.page = Since[int, int](w.t.line, since)
	for key, e := range w.m.entries {
		if e.modified > from {
			c.stable[key] = true
		}
	}
	return c
}
