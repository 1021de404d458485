package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/debugpage"
)

// debugPath is where the store is shown. Files below it are not served.
const debugPath = "/debug/store/"

// withDebugPage serves the debug page at its path and everything else by other. An
// http.ServeMux would redirect paths such as //x, which are names of files here.
func withDebugPage(files lastmodstore.Store[string, file], other http.Handler) http.Handler {
	page := debugpage.New(debugpage.Store("files", files, debugpage.ShowValues(func(f file) string {
		return fmt.Sprintf("size: %d bytes\nSHA-256: %s\n", f.Size, f.SHA256)
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, debugPath) {
			page.ServeHTTP(w, r)
			return
		}
		other.ServeHTTP(w, r)
	})
}
