package stream

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// replyGeneration is how long a reply is waited for at least; after twice that it is waited for no longer.
	replyGeneration = 30 * time.Second
	// maxGeneration is how many replies are waited for in one generation.
	maxGeneration = 1 << 16
	// replyBytes bounds the replies that have arrived and are not handled yet.
	replyBytes = 16 << 20
)

// replies keeps the functions to call if a message is rejected, until its reply arrives. Messages whose reply never arrives are
// forgotten: there are two generations, and when the younger is old or large enough, the older one is dropped.
type replies struct {
	inbox string // with the final dot
	sub   *nats.Subscription

	mu         sync.Mutex // guards what follows
	next       uint64
	young, old map[uint64]func(error)
	began      time.Time // when young began
}

func (r *replies) subscribe(nc *nats.Conn) error {
	r.inbox = nc.NewInbox() + "."
	sub, err := nc.Subscribe(r.inbox+"*", r.receive)
	if err != nil {
		return err
	}
	r.sub = sub
	return sub.SetPendingLimits(-1, replyBytes)
}

// unsubscribe fails only if the connection is closed, and then there is nothing to end.
func (r *replies) unsubscribe() {
	_ = r.sub.Unsubscribe()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.young, r.old = nil, nil
}

// expect returns the subject on which the reply to one message arrives.
func (r *replies) expect(rejected func(error)) string {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young == nil || len(r.young) >= maxGeneration || now.Sub(r.began) > replyGeneration {
		r.old, r.young, r.began = r.young, make(map[uint64]func(error)), now
	}
	r.next++
	r.young[r.next] = rejected
	return r.inbox + strconv.FormatUint(r.next, 36)
}

// take returns the function that waits for this reply and forgets it, or nil if there is none.
func (r *replies) take(subject string) func(error) {
	token, ok := strings.CutPrefix(subject, r.inbox)
	number, err := strconv.ParseUint(token, 36, 64)
	if !ok || err != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, generation := range []map[uint64]func(error){r.young, r.old} {
		if rejected, ok := generation[number]; ok {
			delete(generation, number)
			return rejected
		}
	}
	return nil
}

// receive runs on the goroutine of the subscription.
func (r *replies) receive(m *nats.Msg) {
	rejected := r.take(m.Subject)
	if rejected == nil {
		return
	}
	if err := rejection(m); err != nil {
		rejected(err)
	}
}
