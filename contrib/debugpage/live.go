// This file runs on the goroutines of requests for the stream, one for each.

package debugpage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

const (
	interval   = 500 * time.Millisecond // from one message to the next
	maxChanges = 50                     // in one message
	patience   = 10 * time.Second       // for a client that does not read
)

// A change is an event as it is shown.
type change struct {
	At   string `json:"at"`
	Kind string `json:"kind"`
	Key  *label `json:"key,omitempty"` // not for Resync
	TTL  string `json:"ttl,omitempty"`
}

// An update is a message of the stream.
type update struct {
	Figures []figure `json:"figures"`
	Changes []change `json:"changes"`
	More    bool     `json:"more"` // there were more changes than these
}

// follow watches the store in short loops, so that the position is kept here and a store
// that changes fast costs no more than maxChanges events for each message.
func (s *typed[K, V]) follow(ctx context.Context, since time.Time) (changes []change, position time.Time, more bool) {
	position = since
	for e := range s.store.Watch(ctx, since) {
		if e.Kind == lastmodstore.CaughtUp {
			position = e.At
			continue
		}
		if len(changes) == maxChanges {
			return changes, position, true
		}
		changes = append(changes, s.change(e))
		position = e.At
	}
	return changes, position, false
}

func (s *typed[K, V]) change(e lastmodstore.Event[K, V]) change {
	c := change{At: clock(e.At), Kind: e.Kind.String()}
	if e.Kind == lastmodstore.Resync {
		return c
	}
	key := s.label(e.Key, keyText(e.Key))
	c.Key = &key
	if e.Kind == lastmodstore.Modified && e.Entry.TTL > 0 {
		c.TTL = short(e.Entry.TTL)
	}
	return c
}

// serveLive sends updates as server-sent events until the client leaves or the store is
// closed. The only memory that a slow client holds is that of one message.
func (h *Handler) serveLive(w http.ResponseWriter, r *http.Request, s source) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a reverse proxy must not hold messages back
	if r.Method == http.MethodHead {
		return
	}
	select {
	case h.streams <- struct{}{}:
		defer func() { <-h.streams }()
	default:
		http.Error(w, fmt.Sprintf("%d pages receive changes live already, which is the limit: close one of them, or raise MaxStreams", cap(h.streams)),
			http.StatusServiceUnavailable)
		return
	}
	c := client{w: w, control: http.NewResponseController(w)}
	if err := c.begin(); err != nil {
		http.Error(w, "changes cannot be sent live: the server's ResponseWriter does not flush: "+err.Error(), http.StatusInternalServerError)
		return
	}
	defer c.end()
	stream(r.Context(), &c, s, resumeAt(r))
}

// resumeAt returns the position of a client that was connected before, or the present.
func resumeAt(r *http.Request) time.Time {
	if at, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		return time.Unix(0, at)
	}
	return time.Now()
}

func stream(ctx context.Context, c *client, s source, since time.Time) {
	var past samples
	u := update{Figures: past.add(time.Now(), s.stats())} // the client need not wait for the first change
	for c.send("update", since, u) == nil {
		tick, cancel := context.WithTimeout(ctx, interval)
		u.Changes, since, u.More = s.follow(tick, since)
		if !waitFor(tick, s) {
			cancel()
			c.send("closed", since, struct{}{})
			return
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
		if u.More {
			since = time.Now() // the latest changes are of interest, not all of them
		}
		u.Figures = past.add(time.Now(), s.stats())
	}
}

// waitFor waits for the end of tick. It returns false if the store is closed.
func waitFor(tick context.Context, s source) bool {
	select {
	case <-s.done():
		return false
	case <-tick.Done():
		return true
	}
}

// A client receives a stream. Each message has a deadline, in place of that of the server
// for the whole response.
type client struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buf     bytes.Buffer
}

func (c *client) begin() error {
	c.extend()
	return c.control.Flush()
}

// extend sets the deadline of the next message. A ResponseWriter without deadlines, as in
// tests, is served without.
func (c *client) extend() { _ = c.control.SetWriteDeadline(time.Now().Add(patience)) }

// end removes the deadline, which would otherwise apply to the connection's next response.
func (c *client) end() { _ = c.control.SetWriteDeadline(time.Time{}) }

func (c *client) send(event string, position time.Time, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	c.buf.Reset()
	fmt.Fprintf(&c.buf, "id: %d\nevent: %s\ndata: %s\n\n", position.UnixNano(), event, text)
	c.extend()
	if _, err := c.w.Write(c.buf.Bytes()); err != nil {
		return err
	}
	return c.control.Flush()
}
