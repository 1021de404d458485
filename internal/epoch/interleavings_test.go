package epoch

import (
	"flag"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
)

var long = flag.Bool("long", false, "run the checks at full length, as make test-long does")

// No reader sees a slot that was freed or refilled since it loaded the cell. Readers need
// no recheck, because each counter has been seen at zero between the retirement of an
// item and its freeing.
func TestEveryInterleaving(t *testing.T) {
	designs := []design{{slots: 2, writes: 4}, {slots: 3, writes: 3}}
	if *long {
		designs = []design{{slots: 2, writes: 9}, {slots: 3, writes: 6}}
	}
	for _, d := range designs {
		shared := d
		shared.isShared = true
		designs = append(designs, shared)
	}
	for _, d := range designs {
		t.Run(fmt.Sprint(d.slots, " slots, shared=", d.isShared), func(t *testing.T) {
			d.reader = readerSteps
			e := explore(d)
			if e.fault != "" {
				t.Fatalf("%s, after\n%s", e.fault, e.path())
			}
			for s := range e.seen {
				e.at = s
				if last := s.writer; last.writes == d.writes && s.isQuiet() && last.pc == fill && last.retired|last.waits != 0 {
					e.mustReclaim(t, s)
				}
			}
			t.Logf("%d states, %d of them final", len(e.seen), e.final)
			NewWithT(t).Expect(e.final).To(BeNumerically(">", 0))
		})
	}
}

// isQuiet reports whether no reader has entered.
func (s *state) isQuiet() bool { return s.counters == [twoStripes][2]int8{} }

// mustReclaim checks that one Reclaim frees everything. No reader has entered in s.
func (e *explorer) mustReclaim(t *testing.T, s state) {
	e.load(&s)
	if e.limbo.Reclaim(func([]uint32) {}); e.limbo.Len() > 0 {
		t.Fatalf("%d slots are left, after\n%s", e.limbo.Len(), e.path())
	}
}

// The exploration finds the faults of other designs.
func TestEveryInterleavingFindsFaults(t *testing.T) {
	swapped := func(i, j int) []readerStep {
		steps := append([]readerStep(nil), readerSteps...)
		steps[i], steps[j] = steps[j], steps[i]
		return steps
	}
	for name, d := range map[string]design{
		"the cell is loaded before the reader enters": {slots: 2, reader: swapped(1, 2)},
		"the slot is read after the reader has left":  {slots: 2, reader: swapped(3, 4)},
		"only one of the counters is checked": {slots: 2, begin: func(l *Limbo) {
			l.retired, l.waiting = nil, append(l.waiting, l.retired...)
		}},
		"no counter is checked": {slots: 2, step: func(l *Limbo, p *pass) *pass {
			for i := range l.domain.stripes {
				l.domain.stripes[i] = stripe{}
			}
			return p
		}},
		"only one stripe is checked": {slots: 2, step: func(l *Limbo, p *pass) *pass {
			l.domain.stripes[0] = stripe{}
			return p
		}},
		"an interrupted check continues after something else was retired": {slots: 3, keepPass: true},
	} {
		t.Run(name, func(t *testing.T) {
			if d.writes = 4; d.reader == nil {
				d.reader = readerSteps
			}
			e := explore(d)
			NewWithT(t).Expect(e.fault).NotTo(BeEmpty(), "after %d states", len(e.seen))
			t.Logf("%s, after\n%s", e.fault, e.path())
		})
	}
}
