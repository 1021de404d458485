package debugpage

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html page.css page.js
var files embed.FS

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"date": date, "exact": exact, "short": short, "grouped": func(n int) string { return grouped(uint64(n)) },
}).ParseFS(files, "page.html"))

// policy lets the page load its own files, and nothing run that is not in one of them.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "this page only reads: use GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	h.route(w, r)
}

func (h *Handler) route(w http.ResponseWriter, r *http.Request) {
	switch _, name := path.Split(r.URL.Path); name {
	case "page.css":
		send(w, r, "text/css; charset=utf-8", file("page.css"))
	case "page.js":
		send(w, r, "text/javascript; charset=utf-8", file("page.js"))
	case "":
		h.withStore(w, r, h.servePage)
	case "live":
		h.withStore(w, r, h.serveLive)
	case "value":
		h.withStore(w, r, h.serveValue)
	default:
		http.Error(w, "there is no such page here", http.StatusNotFound)
	}
}

func file(name string) []byte {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return content
}

func send(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) // an error means that the client has gone
	}
}

// withStore calls serve with the store that the request names, or the first one.
func (h *Handler) withStore(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request, source)) {
	name := r.URL.Query().Get("store")
	if name == "" {
		serve(w, r, h.sources[0])
		return
	}
	if s := h.find(name); s != nil {
		serve(w, r, s)
		return
	}
	var names []string
	for _, s := range h.sources {
		names = append(names, strconv.Quote(s.about().Name))
	}
	http.Error(w, "there is no store of that name, only "+strings.Join(names, ", "), http.StatusNotFound)
}

// serveValue sends the value of one entry as plain text.
func (h *Handler) serveValue(w http.ResponseWriter, r *http.Request, s source) {
	if !s.about().ShowsValues {
		http.Error(w, "values of this store are not shown", http.StatusForbidden)
		return
	}
	at, err := parseCursor(r.URL.Query().Get("entry"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, ok := s.value(at)
	if !ok {
		http.Error(w, "The entry has changed, has expired or was removed since it was listed: reload the page.", http.StatusNotFound)
		return
	}
	send(w, r, "text/plain; charset=utf-8", []byte(strings.ToValidUTF8(text, "\uFFFD")))
}

// servePage sends the page of one store.
func (h *Handler) servePage(w http.ResponseWriter, r *http.Request, s source) {
	v, err := newView(h, r, s)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var body bytes.Buffer // a page has at most a few hundred KB
	if err := pageTemplate.Execute(&body, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, "text/html; charset=utf-8", body.Bytes())
}

// parseCursor is the inverse of cursor.String.
func parseCursor(text string) (cursor, error) {
	at, key, ok := strings.Cut(text, ".")
	var c cursor
	var err, err2 error
	c.at, err = strconv.ParseInt(at, 10, 64)
	c.key, err2 = strconv.ParseUint(key, 16, 64)
	if !ok || err != nil || err2 != nil || !c.isSet() {
		return cursor{}, fmt.Errorf("%q is not the position of an entry: begin at the first page", cut(text, maxLabel))
	}
	return c, nil
}

// String returns c as it is written in URLs.
func (c cursor) String() string { return fmt.Sprintf("%d.%x", c.at, c.key) }

// link returns a relative URL with a query of these pairs, without those whose value is
// empty.
func link(page string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return page + "?" + q.Encode()
}

// age returns how long ago t was.
func age(now, t time.Time) string { return short(now.Sub(t)) }
