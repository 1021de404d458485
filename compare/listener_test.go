package compare_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// withShards is each engine, alone and as four shards.
func withShards(t *testing.T, test func(g Gomega, s stringStore)) {
	for _, e := range compare.Engines() {
		for name, open := range map[string]func() stringStore{
			e.Name:              func() stringStore { return e.Strings(time.Minute) },
			e.Name + ", shards": func() stringStore { return sharded(e) },
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := open()
					defer s.Close()
					test(NewWithT(t), s)
				})
			})
		}
	}
}

// 27: an fn that ends its goroutine is called no more, and nothing is queued for it.
func TestAListenerThatExitsIsStopped(t *testing.T) {
	withShards(t, func(g Gomega, s stringStore) {
		var exits, told atomic.Int64
		s.OnRemove(func(string, lastmodstore.Entry[int], lastmodstore.EventKind) {
			exits.Add(1)
			runtime.Goexit()
		})
		s.OnRemove(func(string, lastmodstore.Entry[int], lastmodstore.EventKind) { told.Add(1) })
		for i := range 100 {
			g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
			g.Expect(s.Delete(fmt.Sprint(i))).To(BeTrue())
		}
		synctest.Wait()
		g.Expect(exits.Load()).To(BeEquivalentTo(1))
		g.Expect(told.Load()).To(BeEquivalentTo(100))
		g.Expect(s.Stats().PendingRemovals).To(BeZero())
	})
}

func TestStatsCountsTheRemovalsThatWait(t *testing.T) {
	withShards(t, func(g Gomega, s stringStore) {
		next := make(chan struct{})
		stop := s.OnRemove(func(string, lastmodstore.Entry[int], lastmodstore.EventKind) { <-next })
		for i := range 10 {
			g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
		}
		g.Expect(s.Delete("0")).To(BeTrue())
		g.Expect(s.Set("1", 1, 0)).To(Succeed())
		g.Expect(s.Clear()).To(Succeed())
		for left := 11; left > 0; left-- {
			synctest.Wait()
			g.Expect(s.Stats().PendingRemovals).To(Equal(left))
			next <- struct{}{}
		}
		synctest.Wait()
		g.Expect(s.Stats().PendingRemovals).To(BeZero())
		stop()
	})
}

// 11, 19, 20: Close ends although a listener waits for another shard to be closed.
func TestCloseWhileAListenerTriesUntilItIsClosed(t *testing.T) {
	withShards(t, func(g Gomega, s stringStore) {
		var tries atomic.Int64
		s.OnRemove(func(string, lastmodstore.Entry[int], lastmodstore.EventKind) {
			for i := 0; !errors.Is(s.Set(fmt.Sprint("other", i%50), i, 0), lastmodstore.ErrClosed); i++ {
				tries.Add(1)
				time.Sleep(time.Millisecond)
			}
		})
		for i := range 20 {
			g.Expect(s.Set(fmt.Sprint(i), i, 0)).To(Succeed())
			g.Expect(s.Delete(fmt.Sprint(i))).To(BeTrue())
		}
		synctest.Wait()
		g.Expect(s.Close()).To(Succeed())
		g.Expect(tries.Load()).To(BeNumerically(">", 0))
	})
}

// 11: a listener may sleep, and call the store, while others wait for it.
func TestListenersOfShardsAreCalledOneAfterAnother(t *testing.T) {
	withShards(t, func(g Gomega, s stringStore) {
		var running, told atomic.Int64
		s.OnRemove(func(string, lastmodstore.Entry[int], lastmodstore.EventKind) {
			g.Expect(running.Add(1)).To(BeEquivalentTo(1))
			time.Sleep(time.Second)
			s.Len()
			running.Add(-1)
			told.Add(1)
		})
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				s.Set(fmt.Sprint(i), i, 0)
				s.Delete(fmt.Sprint(i))
			})
		}
		wg.Wait()
		g.Expect(s.Close()).To(Succeed())
		g.Expect(told.Load()).To(BeEquivalentTo(20))
	})
}

// Stats: Clear counts what had expired, as OnRemove reports it.
func TestClearCountsWhatHadExpired(t *testing.T) {
	withShards(t, func(g Gomega, s stringStore) {
		var expired, cleared atomic.Int64
		s.OnRemove(func(_ string, _ lastmodstore.Entry[int], why lastmodstore.EventKind) {
			if why == lastmodstore.Expired {
				expired.Add(1)
			} else {
				cleared.Add(1)
			}
		})
		for i := range 300 {
			g.Expect(s.Set(fmt.Sprint(i), i, time.Duration(1+i%3)*time.Second)).To(Succeed())
		}
		for i := range 50 {
			g.Expect(s.Touch(fmt.Sprint(3*i), time.Hour)).To(BeTrue())
		}
		time.Sleep(2 * time.Second)
		g.Expect(s.Clear()).To(Succeed())
		synctest.Wait()
		g.Expect(expired.Load()).To(BeEquivalentTo(150))
		g.Expect(cleared.Load()).To(BeEquivalentTo(150))
		g.Expect(s.Stats().Expirations).To(BeEquivalentTo(150))
	})
}
