package mutexstore

import (
	"fmt"
	"runtime"
	"testing"
	"time"
	"unsafe"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ExampleNew() {
	s := New[string, int](time.Minute)
	defer s.Close()
	s.Set("answer", 42, time.Hour)
	fmt.Println(s.Get("answer"))
	// Output: 42 true
}

func TestNoIntervalStartsNoGoroutine(t *testing.T) {
	g := NewWithT(t)
	before := runtime.NumGoroutine()
	s := New[string, int](0)
	g.Expect(runtime.NumGoroutine()).To(Equal(before))
	g.Expect(s.Close()).To(Succeed())
}

func TestTheLockSharesItsCacheLineOnlyWithWhatWritersWrite(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("the fields are laid out for 64 bits")
	}
	g := NewWithT(t)
	const line, written = 64, 40
	s := New[string, int](0)
	defer s.Close()
	begins := func(p unsafe.Pointer) uintptr { return uintptr(p) % line }
	g.Expect(begins(unsafe.Pointer(&s.mu))).To(BeZero(), "what all read before they lock")
	g.Expect(begins(unsafe.Pointer(&s.mu.RWMutex))).To(BeZero(), "what all write")
	g.Expect(begins(unsafe.Pointer(&s.noted))).To(BeEquivalentTo(line-written), "what writers write")
	g.Expect(begins(unsafe.Pointer(s.mu.stripes))).To(BeZero())
	g.Expect(unsafe.Sizeof(stripe{})).To(BeEquivalentTo(line))
}

// The race detector sees whether a short read and a write are ordered; this,
// whether a write waits for one that is under way.
func TestAWriterWaitsForShortReads(t *testing.T) {
	g := NewWithT(t)
	var l lock
	l.init()
	l.bias.Store(on)
	read := l.RLockShort()
	g.Expect(read).NotTo(BeNil(), "it is in a stripe")
	locked := make(chan struct{})
	go func() {
		l.Lock()
		close(locked)
	}()
	for l.bias.Load() == on {
		runtime.Gosched()
	}
	for range 1000 {
		runtime.Gosched()
	}
	g.Expect(locked).NotTo(BeClosed())
	l.RUnlockShort(read)
	<-locked
	l.Unlock()
	g.Expect(l.RLockShort()).To(BeNil(), "it took the RWMutex")
	l.RUnlockShort(nil)
}

// Else readers that never wait would leave a writer that does no processor.
func TestNoReadPassesAWriterThatWaits(t *testing.T) {
	g := NewWithT(t)
	var l lock
	l.init()
	l.bias.Store(on)
	l.RLock()
	locked := make(chan struct{})
	go func() {
		l.Lock()
		close(locked)
	}()
	for l.bias.Load() == on {
		runtime.Gosched()
	}
	g.Expect(l.bias.Load()).To(Equal(ending))
	read := make(chan *stripe)
	go func() {
		r := l.RLockShort()
		l.RUnlockShort(r)
		read <- r
	}()
	l.RUnlock()
	<-locked
	l.Unlock()
	g.Expect(<-read).To(BeNil(), "it took the RWMutex")
}

func TestReadersThatMeetAreSpreadAnew(t *testing.T) {
	g := NewWithT(t)
	var l lock
	l.init()
	l.bias.Store(on)
	for i := range l.stripes {
		l.stripes[i].readers.Add(1) // so that everybody meets somebody
	}
	for mix := l.mix.Load(); l.mix.Load() == mix; { // one time in 256
		l.RUnlockShort(l.RLockShort())
	}
	g.Expect(l.mix.Load() % 2).To(BeEquivalentTo(1))
}

func TestShortReadsBringTheBiasBack(t *testing.T) {
	g := NewWithT(t)
	var l lock
	l.init()
	for l.bias.Load() != on { // one time in 32
		l.RUnlockShort(l.RLockShort())
	}
	read := l.RLockShort()
	g.Expect(read).NotTo(BeNil(), "it is in a stripe")
	l.RUnlockShort(read)
	l.Lock()
	g.Expect(l.bias.Load()).To(Equal(off))
	l.Unlock()
}

func TestCloseWaitsForTheSweeper(t *testing.T) {
	g := NewWithT(t)
	s := New[string, int](time.Nanosecond)
	g.Expect(s.Close()).To(Succeed())
	g.Expect(s.stopped).To(BeClosed())
}
