package node

import (
	"fmt"
	"sync"
)

// troubleLog is the logger of a server that logs nothing. It keeps the first fatal error, because a server that cannot start
// reports the reason in no other way.
type troubleLog struct {
	mu    sync.Mutex // guards first
	first error
}

func (t *troubleLog) fatal() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first
}

// Fatalf implements [server.Logger], as the methods below do.
func (t *troubleLog) Fatalf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.first == nil {
		t.first = fmt.Errorf(format, args...)
	}
}

func (t *troubleLog) Noticef(string, ...any) {}
func (t *troubleLog) Warnf(string, ...any)   {}
func (t *troubleLog) Errorf(string, ...any)  {}
func (t *troubleLog) Debugf(string, ...any)  {}
func (t *troubleLog) Tracef(string, ...any)  {}
