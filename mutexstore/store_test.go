package mutexstore

import (
	"fmt"
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

func TestWithoutAnIntervalNoGoroutineIsStarted(t *testing.T) {
	g := NewWithT(t)
	running := goleak.IgnoreCurrent()
	s := New[string, int](0)
	g.Expect(goleak.Find(running)).To(Succeed())
	g.Expect(s.Close()).To(Succeed())
}

func TestTheLockSharesItsCacheLineOnlyWithFieldsThatWritersWrite(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("the fields are laid out for 64 bits")
	}
	g := NewWithT(t)
	const line, written = 64, 40
	s := New[string, int](0)
	defer s.Close()
	offset := func(p unsafe.Pointer) uintptr { return uintptr(p) % line }
	g.Expect(offset(unsafe.Pointer(&s.mu.RWMutex))).To(BeZero(), "what all callers write")
	g.Expect(offset(unsafe.Pointer(&s.lastNotified))).To(BeEquivalentTo(line-written), "what writers write")
	g.Expect(uintptr(unsafe.Pointer(&s.readers))/line).NotTo(Equal(uintptr(unsafe.Pointer(&s.mu))/line), "what readers read")
}

func TestCloseWaitsForTheSweeper(t *testing.T) {
	g := NewWithT(t)
	s := New[string, int](time.Nanosecond)
	g.Expect(s.Close()).To(Succeed())
	g.Expect(s.stopped).To(BeClosed())
}
