// This file runs on the goroutine that sends messages again.

package replicated

import "time"

const (
	resendAfter = time.Second            // without a result
	retryAfter  = 100 * time.Millisecond // after a rejection
)

// resend sends messages again that were not applied in time, until stop is closed.
// Applying one twice is harmless. It also sends the queue when the messages that it waits
// for are late.
func (p *pipeline[V]) resend(stop <-chan struct{}) {
	timer := time.NewTimer(resendAfter)
	timer.Stop()
	for {
		select {
		case <-p.wake:
		case <-timer.C:
		case <-stop:
			timer.Stop()
			return
		}
		due, next := p.due(time.Now())
		p.send(due)
		if next > 0 {
			timer.Reset(next)
		}
	}
}

// due returns the messages to send now, and the time until there may be more; 0 means
// that the goroutine waits for wake.
func (p *pipeline[V]) due(now time.Time) (due []*message[V], next time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due = p.packLocked()
	for _, m := range p.inFlight {
		if !now.Before(m.resendAt) {
			p.attemptLocked(m, now)
			due = append(due, m)
		}
		wait := m.resendAt.Sub(now)
		if late := m.untilLate(now); late > 0 {
			wait = late
		}
		if next == 0 || wait < next {
			next = wait
		}
	}
	p.asleep, p.wakesAt = next == 0, now.Add(next)
	return due, next
}
