package main

import (
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func small(t trace, n int) trace {
	t.keys = t.keys[:n]
	return t
}

// The simulated SIEVE is the policy of the engines.
func TestSIEVEIsThePolicyOfTheEngines(t *testing.T) {
	g := NewWithT(t)
	engines, err := stores("mutexstore", "actor")
	g.Expect(err).NotTo(HaveOccurred())
	for _, x := range []trace{small(churn("zipf", false), 20_000), small(latest(1000), 50_000), small(written(1000, 2), 50_000), small(pools(100), 20_000)} {
		x.capacity = min(x.capacity, 1000)
		want, err := ratio(policies()[0], x)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(want).To(BeNumerically(">", 10))
		for _, e := range engines {
			g.Expect(ratio(e, x)).To(Equal(want), "%s on %s", e.name, x.name)
		}
	}
}

// No policy holds more than the capacity, or evicts what was stored last.
func TestAnEntryIsReadableAtOnce(t *testing.T) {
	g := NewWithT(t)
	for _, capacity := range []int{1, 2, 100} {
		for _, p := range policies() {
			c, err := p.open(capacity)
			g.Expect(err).NotTo(HaveOccurred())
			r := rand.New(rand.NewPCG(1, 1))
			for range 10_000 {
				key := r.Uint32N(500)
				c.get(r.Uint32N(500))
				c.set(key)
				if !c.get(key) {
					t.Fatalf("%s: key %d is absent after it was set", p.name, key)
				}
				if s, ok := c.(*sieve); ok && (len(s.nodes) > capacity || len(s.nodes) != s.n) {
					t.Fatalf("%s: %d nodes of %d, want at most %d", p.name, len(s.nodes), s.n, capacity)
				}
			}
		}
	}
}

func TestGhostsAreTheLatestKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	ghosts, all := newGhosts(10), []uint32(nil)
	for range 1000 {
		key := r.Uint32N(30)
		ghosts.add(key)
		all = append(all, key)
		for key := range uint32(30) {
			if ghosts.has(key) != slices.Contains(all[max(0, len(all)-10):], key) {
				t.Fatalf("%d is remembered: %v, after %v", key, ghosts.has(key), all)
			}
		}
	}
}

func TestSketchEstimatesNoLessThanWasAdded(t *testing.T) {
	g := NewWithT(t)
	s := newSketch(1000)
	for key := range uint32(100) {
		for range key % 10 {
			s.add(key)
		}
	}
	for key := range uint32(100) {
		g.Expect(s.estimate(key)).To(BeNumerically(">=", key%10))
	}
	g.Expect(s.estimate(1_000_000)).To(BeNumerically("<", 5))
}

func TestTableHasARowForEachTrace(t *testing.T) {
	g := NewWithT(t)
	var out strings.Builder
	g.Expect(run(&out, io.Discard, []string{"-trace", "glimpse"})).To(Succeed())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	g.Expect(lines).To(HaveLen(4))
	g.Expect(lines[2]).To(HavePrefix("| LIRS glimpse | 500 | 1.4 |"))
	g.Expect(run(&out, io.Discard, []string{"-trace", "none such"})).To(MatchError(ContainSubstring("none such")))
	g.Expect(run(&out, io.Discard, []string{"more"})).To(MatchError(ContainSubstring("more")))
}
