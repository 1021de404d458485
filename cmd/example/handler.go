package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// handler serves the list at / and each file's metadata at its path.
func handler(files lastmodstore.Reader[string, file]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this server only reads", http.StatusMethodNotAllowed)
			return
		}
		path := strings.TrimPrefix(r.URL.Path, "/")
		if path == "" {
			all, newest := index(files)
			writeJSON(w, r, all, newest)
			return
		}
		e, ok := files.GetEntry(path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		writeJSON(w, r, e.Value, e.LastModified)
	})
}

// index returns all files by the path that a client requests, escaped as in a
// URL. JSON strings are UTF-8, which a file's name need not be: as they are, two
// names could become one key.
func index(files lastmodstore.Reader[string, file]) (all map[string]file, newest time.Time) {
	all = map[string]file{}
	for path, e := range files.All() {
		all[(&url.URL{Path: "/" + path}).EscapedPath()] = e.Value
		if e.LastModified.After(newest) {
			newest = e.LastModified
		}
	}
	return all, newest
}

// writeJSON sends v. http.ServeContent sets Last-Modified and replies 304 by the
// rules of HTTP, whose times have whole seconds.
func writeJSON(w http.ResponseWriter, r *http.Request, v any, modified time.Time) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	// RFC 9110, 8.8.2.1: Last-Modified is not later than the response.
	if now := time.Now(); modified.After(now) {
		modified = now
	}
	w.Header().Set("Content-Type", "application/json")
	http.ServeContent(w, r, "", modified, bytes.NewReader(append(body, '\n')))
}
