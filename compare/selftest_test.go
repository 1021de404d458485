package compare_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
	"github.com/lastmodstore/lastmodstore/compare/engines"
)

// A faulty store has a fault in Touch.
type faulty struct {
	lastmodstore.Store[string, int]
	fault func()
}

func (s faulty) Touch(key string, ttl time.Duration) (bool, error) {
	s.fault()
	return s.Store.Touch(key, ttl)
}

// faults are what Touch may do. Each would end a run that did not contain it.
var faults = map[string]func(){
	"hang":  func() { select {} },
	"panic": func() { panic("broken") },
	"leak":  func() { go func() { select {} }() },
	"crash": func() { go panic("broken"); time.Sleep(time.Second) },
}

func openFaulty(fault string) compare.Engine {
	open := engines.All()[1].Strings
	return compare.Engine{Name: "faulty", Strings: func(d time.Duration, opts ...lastmodstore.Option) lastmodstore.Store[string, int] {
		return faulty{open(d, opts...), faults[fault]}
	}}
}

const faultVariable = "LASTMODSTORE_COMPARE_FAULT"

// TestFaultyEngine is run by TestFaultsFailOneCase in a process of its own.
func TestFaultyEngine(t *testing.T) {
	fault := os.Getenv(faultVariable)
	if fault == "" {
		t.Skip("it fails")
	}
	options := []compare.Option{compare.Limit(3 * time.Second)}
	if fault == "crash" {
		options = append(options, compare.Isolated())
	}
	compare.Run(t, openFaulty(fault), options...)
}

// An engine that hangs, panics, or leaves a goroutine behind fails the cases in which
// it does, and the others run.
func TestFaultsFailOneCase(t *testing.T) {
	const touch, other = "2: Touch changes the deadline alone", "2: reads extend no TTL"
	for fault, message := range map[string]string{
		"hang":  "21: no call has returned for 3s",
		"panic": "panic: broken",
		"leak":  "19: goroutines are left behind",
		"crash": "panic: broken",
	} {
		t.Run(fault, func(t *testing.T) {
			g := NewWithT(t)
			self, err := os.Executable()
			g.Expect(err).NotTo(HaveOccurred())
			run := exec.Command(self, "-test.run=TestFaultyEngine/(basics|timing)/^2:", "-test.v")
			run.Env = append(os.Environ(), faultVariable+"="+fault)
			out, err := run.CombinedOutput()
			g.Expect(err).To(HaveOccurred())
			report := string(out[strings.LastIndex(string(out), "faulty: "):])
			g.Expect(report).To(MatchRegexp(`failed basics: %s \(%s`, regexp.QuoteMeta(touch), regexp.QuoteMeta(message)))
			g.Expect(report).NotTo(ContainSubstring(other))
			g.Expect(string(out)).To(ContainSubstring("--- PASS: TestFaultyEngine/timing/" + strings.ReplaceAll(other, " ", "_")))
		})
	}
}

// TestNameDiffers is run by TestAnIsolatedCaseThatDoesNotRunFails in a process of its
// own.
func TestNameDiffers(t *testing.T) {
	if os.Getenv(faultVariable) != "name" {
		t.Skip("it fails")
	}
	t.Run(fmt.Sprint("process ", os.Getpid()), func(t *testing.T) {
		compare.Run(t, engines.All()[1], compare.Isolated(), compare.Without(compare.Capacity, compare.Feed,
			compare.Listeners, compare.Merging, compare.Sweeping, compare.Batches, compare.Counters, compare.Adding,
			compare.Conditions, compare.Changes, compare.Turns, compare.Weights))
	})
}

func TestAnIsolatedCaseThatDoesNotRunFails(t *testing.T) {
	g := NewWithT(t)
	self, err := os.Executable()
	g.Expect(err).NotTo(HaveOccurred())
	child := exec.Command(self, "-test.run", "^TestNameDiffers$", "-test.v")
	child.Env = append(os.Environ(), faultVariable+"=name")
	out, err := child.CombinedOutput()
	g.Expect(err).To(HaveOccurred())
	g.Expect(string(out)).To(ContainSubstring("the case did not run in its own process"))
}
