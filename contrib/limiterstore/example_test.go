package limiterstore_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/middleware/stdlib"

	"github.com/lastmodstore/lastmodstore/contrib/limiterstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func Example() {
	s := mutexstore.New[string, int64](time.Minute)
	defer s.Close()
	perMinute := limiter.New(limiterstore.New(s, "minute"), limiter.Rate{Period: time.Minute, Limit: 2})

	page := stdlib.NewMiddleware(perMinute).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	}))
	for range 3 {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		fmt.Println(w.Code, w.Header().Get("X-RateLimit-Remaining"), w.Body)
	}
	// Output:
	// 200 1 hello
	// 200 0 hello
	// 429 0 Limit exceeded
}
