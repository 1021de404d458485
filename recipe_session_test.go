package lastmodstore_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// A session expires when it has been idle for some time, and at End in any case.
type session struct {
	User string
	End  time.Time
}

// sessionTTL returns the TTL of a session. It is computed from a deadline, so it uses
// Until: with a plain subtraction, 0 would store the session forever, and -1 would keep
// the old deadline. An idle time of 0 means no limit.
func sessionTTL(end time.Time, idle time.Duration) time.Duration {
	left := lastmodstore.Until(end)
	if idle <= 0 {
		return left
	}
	return min(idle, left)
}

// login opens a session.
func login(s lastmodstore.Store[string, session], id string, opened session, idle time.Duration) error {
	return s.Set(id, opened, sessionTTL(opened.End, idle))
}

// visit returns a session and extends it. Touch changes only a session that is still
// present, so one that was logged out or has expired stays absent; storing what Get
// returned would restore it.
func visit(s lastmodstore.Store[string, session], id string, idle time.Duration) (session, bool) {
	e, ok := s.GetEntry(id)
	if !ok {
		return session{}, false
	}
	if ok, err := s.Touch(id, sessionTTL(e.Value.End, idle)); err != nil || !ok {
		return session{}, false
	}
	return e.Value, true
}

func Example_sessions() {
	s := mutexstore.New[string, session](time.Minute)
	defer s.Close()
	login(s, "id-1", session{"alice", time.Now().Add(12 * time.Hour)}, 30*time.Minute)
	for _, id := range []string{"id-1", "id-2"} {
		found, ok := visit(s, id, 30*time.Minute)
		fmt.Printf("%q %t\n", found.User, ok)
	}
	// Output:
	// "alice" true
	// "" false
}

const idle = time.Minute

func TestSessionSlidesUntilItIsIdle(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, session]) {
		g.Expect(login(s, "id", session{"alice", time.Now().Add(time.Hour)}, idle)).To(Succeed())
		for range 10 {
			time.Sleep(idle - 1)
			found, ok := visit(s, "id", idle)
			g.Expect(ok).To(BeTrue())
			g.Expect(found.User).To(Equal("alice"))
		}
		time.Sleep(idle)
		concurrently(4, func(int, *rand.Rand) {
			_, ok := visit(s, "id", idle)
			g.Expect(ok).To(BeFalse())
		})
	})
}

// 3: a TTL computed from a deadline never turns into "no expiry".
func TestSessionExpiresAtItsEnd(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, session]) {
		end := time.Now().Add(3*idle + idle/2)
		g.Expect(login(s, "id", session{"alice", end}, idle)).To(Succeed())
		for time.Until(end) > idle/2 {
			time.Sleep(idle / 2)
			_, ok := visit(s, "id", idle)
			g.Expect(ok).To(BeTrue())
		}
		time.Sleep(idle/2 - 1)
		_, ok := visit(s, "id", idle)
		g.Expect(ok).To(BeTrue())
		time.Sleep(time.Nanosecond)
		_, ok = visit(s, "id", idle)
		g.Expect(ok).To(BeFalse())
	})
}

func TestSessionWithoutAnIdleTimeExpiresAtItsEnd(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, session]) {
		g.Expect(login(s, "id", session{"alice", time.Now().Add(time.Hour)}, 0)).To(Succeed())
		time.Sleep(time.Hour - 1)
		_, ok := visit(s, "id", 0)
		g.Expect(ok).To(BeTrue())
		time.Sleep(time.Nanosecond)
		_, ok = visit(s, "id", 0)
		g.Expect(ok).To(BeFalse())
	})
}

func TestSessionWhoseEndHasPassedIsNotOpened(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, session]) {
		for _, late := range []time.Duration{0, 1, time.Hour} {
			g.Expect(login(s, "other", session{"bob", time.Now().Add(time.Hour)}, idle)).To(Succeed())
			g.Expect(login(s, "other", session{"bob", time.Now().Add(-late)}, idle)).To(Succeed())
			time.Sleep(time.Nanosecond)
			_, ok := visit(s, "other", idle)
			g.Expect(ok).To(BeFalse())
		}
	})
}

func TestNoVisitRestoresASession(t *testing.T) {
	for name, end := range map[string]func(lastmodstore.Store[string, session]){
		"logout": func(s lastmodstore.Store[string, session]) { s.Delete("id") },
		"Clear":  func(s lastmodstore.Store[string, session]) { s.Clear() },
		"expiry": func(lastmodstore.Store[string, session]) { time.Sleep(idle) },
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(g Gomega, s lastmodstore.Store[string, session]) {
				for range 20 {
					g.Expect(login(s, "id", session{"alice", time.Now().Add(time.Hour)}, idle)).To(Succeed())
					stop, ended := make(chan struct{}), make(chan struct{})
					go func() {
						defer close(ended)
						for {
							select {
							case <-stop:
								return
							default:
								visit(s, "id", idle)
								if name == "expiry" {
									time.Sleep(idle) // the next visit is at the instant of expiry
								}
							}
						}
					}()
					end(s)
					_, ok := visit(s, "id", idle)
					g.Expect(ok).To(BeFalse())
					close(stop)
					<-ended
					synctest.Wait()
					g.Expect(s.Len()).To(BeZero())
				}
			})
		})
	}
}

func TestSessionKeepsItsDeadlinesAcrossARestart(t *testing.T) {
	eachEngine(t, func(g Gomega, s lastmodstore.Store[string, session]) {
		end := time.Now().Add(2 * idle)
		g.Expect(login(s, "used", session{"alice", end}, idle)).To(Succeed())
		g.Expect(login(s, "idle", session{"bob", end}, idle)).To(Succeed())
		time.Sleep(idle - 1)
		visit(s, "used", idle)
		s = restart(g, s)
		defer s.Close()
		time.Sleep(time.Nanosecond)
		_, ok := visit(s, "idle", idle)
		g.Expect(ok).To(BeFalse())
		_, ok = visit(s, "used", idle)
		g.Expect(ok).To(BeTrue())
		time.Sleep(time.Until(end))
		_, ok = visit(s, "used", idle)
		g.Expect(ok).To(BeFalse())
	})
}
