package compare

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// exitingListener checks that nothing is queued for a listener that has exited.
func exitingListener(t *tester) {
	s := t.engine.Strings(time.Minute)
	defer s.Close()
	var exits, reported atomic.Int64
	s.OnRemove(func(string, entry, lastmodstore.EventKind) {
		exits.Add(1)
		runtime.Goexit()
	})
	s.OnRemove(func(string, entry, lastmodstore.EventKind) { reported.Add(1) })
	for i := range 100 {
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		t.Expect(s.Delete(fmt.Sprint(i))).To(BeTrue())
	}
	synctest.Wait()
	t.Expect(exits.Load()).To(BeEquivalentTo(1))
	t.Expect(reported.Load()).To(BeEquivalentTo(100))
	t.Expect(s.Stats().PendingRemovals).To(BeZero())
}

func waitingRemovals(t *tester) {
	s := t.engine.Strings(time.Minute)
	defer s.Close()
	next := make(chan struct{})
	stop := s.OnRemove(func(string, entry, lastmodstore.EventKind) { <-next })
	for i := range 10 {
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
	}
	t.Expect(s.Delete("0")).To(BeTrue())
	t.Expect(s.Set("1", 1, 0)).To(Succeed())
	t.Expect(s.Clear()).To(Succeed())
	for left := 11; left > 0; left-- {
		synctest.Wait()
		t.Expect(s.Stats().PendingRemovals).To(Equal(left))
		next <- struct{}{}
	}
	synctest.Wait()
	t.Expect(s.Stats().PendingRemovals).To(BeZero())
	stop()
}

func listenerUntilClosed(t *tester) {
	s := t.engine.Strings(time.Minute)
	defer s.Close()
	var tries atomic.Int64
	s.OnRemove(func(string, entry, lastmodstore.EventKind) {
		for i := 0; !errors.Is(s.Set(fmt.Sprint("other", i%50), i, 0), lastmodstore.ErrClosed); i++ {
			tries.Add(1)
			time.Sleep(time.Millisecond)
		}
	})
	for i := range 20 {
		t.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		t.Expect(s.Delete(fmt.Sprint(i))).To(BeTrue())
	}
	synctest.Wait()
	t.Expect(s.Close()).To(Succeed())
	t.Expect(tries.Load()).To(BeNumerically(">", 0))
}

// sleepingListener checks that one call of a listener follows another.
func sleepingListener(t *tester) {
	s := t.engine.Strings(time.Minute)
	defer s.Close()
	var running, reported atomic.Int64
	s.OnRemove(func(string, entry, lastmodstore.EventKind) {
		t.Expect(running.Add(1)).To(BeEquivalentTo(1))
		time.Sleep(time.Second)
		s.Len()
		running.Add(-1)
		reported.Add(1)
	})
	wg := t.workers()
	for i := range 20 {
		wg.Go(func() {
			s.Set(fmt.Sprint(i), i, 0)
			s.Delete(fmt.Sprint(i))
		})
	}
	wg.Wait()
	t.Expect(s.Close()).To(Succeed())
	t.Expect(reported.Load()).To(BeEquivalentTo(20))
}

func clearedAndExpired(t *tester) {
	s := t.engine.Strings(time.Minute)
	defer s.Close()
	var expired, cleared atomic.Int64
	s.OnRemove(func(_ string, _ entry, why lastmodstore.EventKind) {
		if why == lastmodstore.Expired {
			expired.Add(1)
		} else {
			cleared.Add(1)
		}
	})
	for i := range 300 {
		t.Expect(s.Set(fmt.Sprint(i), i, time.Duration(1+i%3)*time.Second)).To(Succeed())
	}
	for i := range 50 {
		t.Expect(s.Touch(fmt.Sprint(3*i), time.Hour)).To(BeTrue())
	}
	time.Sleep(2 * time.Second)
	t.Expect(s.Clear()).To(Succeed())
	synctest.Wait()
	t.Expect(expired.Load()).To(BeEquivalentTo(150))
	t.Expect(cleared.Load()).To(BeEquivalentTo(150))
	t.Expect(s.Stats().Expirations).To(BeEquivalentTo(150))
}
