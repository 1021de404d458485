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

func TestTheLockHasACacheLineOfItsOwn(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) < 8 {
		t.Skip("the fields are laid out for 64 bits")
	}
	g := NewWithT(t)
	var s Store[string, int]
	g.Expect(unsafe.Offsetof(s.mu)).To(BeEquivalentTo(128))
	g.Expect(unsafe.Sizeof(s)).To(BeEquivalentTo(192))
}

func TestCloseWaitsForTheSweeper(t *testing.T) {
	g := NewWithT(t)
	s := New[string, int](time.Nanosecond)
	g.Expect(s.Close()).To(Succeed())
	g.Expect(s.gone).To(BeClosed())
}
