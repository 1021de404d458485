package slogwatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/lastmodstore/lastmodstore/contrib/slogwatch"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// lines are the lines that a logger writes.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// A program would log to os.Stderr, and start Run with go. This one waits for each line,
// and leaves out the times.
func ExampleRun() {
	s := mutexstore.New[string, int](time.Minute)
	defer s.Close()
	log := make(lines)
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{ReplaceAttr: withoutTimes}))

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := slogwatch.Run(ctx, s, time.Time{}, logger, slogwatch.Values())
		fmt.Println(err)
	}()

	s.Set("visits", 42, time.Hour)
	fmt.Print(<-log)
	s.Delete("visits")
	fmt.Print(<-log)
	stop()
	<-ended
	// Output:
	// level=INFO msg="entry modified" key=visits ttl=1h0m0s value=42
	// level=INFO msg="entry deleted" key=visits ttl=1h0m0s value=42
	// context canceled
}

func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	if slices.Contains([]string{"time", "at", "last_modified", "expires_at"}, a.Key) {
		return slog.Attr{}
	}
	return a
}
