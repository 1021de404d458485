package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// serve answers requests on addr until ctx ends.
func serve(ctx context.Context, stdout io.Writer, addr string, files lastmodstore.Reader[string, file]) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "serving %d files' metadata on http://%s/ until interrupted\n", files.Len(), listener.Addr())
	server := &http.Server{Handler: handler(files), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1) // room for the one result, also if nobody waits for it
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = server.Shutdown(grace)
	<-failed
	return err
}

// handler serves the list at / and each file's metadata at its path.
// http.ServeContent sets Last-Modified and answers 304 by the rules of HTTP,
// whose times have whole seconds.
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
			answer(w, r, all, newest)
			return
		}
		e, ok := files.GetEntry(path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		answer(w, r, e.Value, e.LastModified)
	})
}

func index(files lastmodstore.Reader[string, file]) (all map[string]file, newest time.Time) {
	all = map[string]file{}
	for path, e := range files.All() {
		all[path] = e.Value
		if e.LastModified.After(newest) {
			newest = e.LastModified
		}
	}
	return all, newest
}

func answer(w http.ResponseWriter, r *http.Request, v any, modified time.Time) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	http.ServeContent(w, r, "", modified, bytes.NewReader(append(body, '\n')))
}
