package debugpage_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/lastmodstore/lastmodstore/contrib/debugpage"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func ExampleNew() {
	sessions := mutexstore.New[string, int](time.Minute)
	defer sessions.Close()
	if err := sessions.Set("session/1", 42, time.Hour); err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.Handle("/debug/store/", debugpage.New(
		debugpage.Store("sessions", sessions, debugpage.ShowValues(func(user int) string { return fmt.Sprint("user ", user) })),
	))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/store/?prefix=session/", nil))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "session/1"))
	// Output: 200 true
}
