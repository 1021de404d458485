package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

const shown = 5 // of a long list

// tour shows on stdout what the store can do, step by step.
func tour(ctx context.Context, stdout io.Writer, c settings, files lastmodstore.Store[string, file]) error {
	notes, err := open[string](c.engine)
	if err != nil {
		return err
	}
	defer notes.Close()
	counts, err := open[int](c.engine)
	if err != nil {
		return err
	}
	defer counts.Close()

	fmt.Fprintf(stdout, "%d files of %s in a store of the engine %s\n", files.Len(), printable(c.dir), c.engine)
	recent(stdout, files)
	for _, step := range []func() error{
		func() error { return disappear(ctx, stdout, notes) },
		func() error { return changed(stdout, notes) },
		func() error { return conditions(stdout, notes) },
		func() error { return requests(stdout, counts) },
		func() error { return holds(stdout, files) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func heading(w io.Writer, title, methods string) { fmt.Fprintf(w, "\n%s (%s)\n", title, methods) }

func recent(w io.Writer, files lastmodstore.Reader[string, file]) {
	heading(w, "What changed in the last day, oldest first", "ModifiedSince")
	n := 0
	for path, e := range files.ModifiedSince(time.Now().Add(-24 * time.Hour)) {
		if n++; n <= shown {
			fmt.Fprintf(w, "  %s  %8d bytes  %s\n", e.LastModified.Format(time.DateTime), e.Value.Size, printable(path))
		}
	}
	if n > shown {
		fmt.Fprintf(w, "  and %d more\n", n-shown)
	}
	if n == 0 {
		fmt.Fprintln(w, "  nothing")
	}
}

func disappear(ctx context.Context, w io.Writer, s lastmodstore.Store[string, string]) error {
	const ttl = 200 * time.Millisecond
	heading(w, "A cached value that disappears", "Set, Get")
	if err := s.Set("greeting", "hello", ttl); err != nil {
		return err
	}
	e, _ := s.GetEntry("greeting")
	value, ok := s.Get("greeting")
	fmt.Fprintf(w, "  set for %v:     %q, present: %t\n", ttl, value, ok)
	select {
	case <-time.After(time.Until(e.ExpiresAt)):
	case <-ctx.Done():
		return errInterrupted
	}
	value, ok = s.Get("greeting")
	fmt.Fprintf(w, "  %v later:       %q, present: %t\n", ttl, value, ok)
	return nil
}

func changed(w io.Writer, s lastmodstore.Store[string, string]) error {
	heading(w, "Has this changed since I last read it?", "GetLastModified, GetIfModifiedSince")
	if err := s.Set("config", "v1", lastmodstore.NoExpiry); err != nil {
		return err
	}
	read, _ := s.GetLastModified("config")
	_, ok := lastmodstore.GetIfModifiedSince(s, "config", read)
	fmt.Fprintf(w, "  nobody wrote:       changed: %t\n", ok)
	if err := s.Set("config", "v2", lastmodstore.NoExpiry); err != nil {
		return err
	}
	e, ok := lastmodstore.GetIfModifiedSince(s, "config", read)
	fmt.Fprintf(w, "  somebody wrote:     changed: %t, to %q\n", ok, e.Value)
	return nil
}

func conditions(w io.Writer, s lastmodstore.Store[string, string]) error {
	heading(w, "Write only if nobody else did", "SetIfUnmodifiedSince")
	if err := s.Set("document", "first", lastmodstore.NoExpiry); err != nil {
		return err
	}
	mine, _ := s.GetLastModified("document")
	if err := s.Set("document", "theirs", lastmodstore.NoExpiry); err != nil {
		return err
	}
	now, won, err := s.SetIfUnmodifiedSince("document", "mine", lastmodstore.NoExpiry, mine)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "  somebody was faster: won: %t, it is %q\n", won, now.Value)
	now, won, err = s.SetIfUnmodifiedSince("document", "mine", lastmodstore.NoExpiry, now.LastModified)
	fmt.Fprintf(w, "  having read that:    won: %t, it is %q\n", won, now.Value)
	return err
}

func requests(w io.Writer, s lastmodstore.Store[string, int]) error {
	heading(w, "A request counter with a window of a minute", "Add")
	for range 3 {
		e, err := lastmodstore.Add(s, "requests", 1, time.Minute)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  request %d, window closes at %s\n", e.Value, e.ExpiresAt.Format("15:04:05.000"))
	}
	return nil
}

func holds(w io.Writer, s lastmodstore.Reader[string, file]) error {
	heading(w, "What the store holds", "Stats")
	stats := s.Stats()
	fmt.Fprintf(w, "  entries %d, sets %d, deletes %d, expirations %d, evictions %d, hits %d, misses %d\n",
		stats.Entries, stats.Sets, stats.Deletes, stats.Expirations, stats.Evictions, stats.Hits, stats.Misses)
	return nil
}
