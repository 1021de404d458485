package linear

import (
	"errors"
	"testing"

	"github.com/anishathalye/porcupine"
	. "github.com/onsi/gomega"
)

// history is a sequence of operations of key 0, each between call and return.
type history []porcupine.Operation

func (h history) add(call, end int64, in Input, out Output) history {
	in.Call, in.Keys, out.Return = call, []int{0}, end
	if out.Effect == Unknown {
		end, out.Return = forever, forever
	}
	return append(h, porcupine.Operation{ClientId: len(h), Input: in, Call: call, Output: out, Return: end})
}

func (h history) read(call, end int64, value int) history {
	return h.add(call, end, Input{Method: Get}, Output{OK: value != 0, Seen: []*Seen{{Value: value}}})
}

func isLinearizable(h history) bool {
	result, _ := check(h)
	return result == porcupine.Ok
}

var errLost = errors.New("lost")

// unknown are calls whose effect is unknown. Each finds the value 4 under the key, and
// leaves the given value, or 0 for none.
var unknown = map[Method]struct {
	in   Input
	left int
}{
	Set:                     {Input{Value: 7}, 7},
	SetMany:                 {Input{Value: 7}, 7},
	SetIfUnmodifiedSince:    {Input{Value: 7, Since: 1 << 40}, 7},
	Add:                     {Input{Value: 7}, 11},
	Update:                  {Input{Value: 7}, Input{Value: 7}.updated(4)},
	Delete:                  {Input{}, 0},
	DeleteIfUnmodifiedSince: {Input{Since: 1 << 40}, 0},
	GetAndDelete:            {Input{}, 0},
	Clear:                   {Input{}, 0},
}

// A call of unknown effect has it once, at any time after it, or never.
func TestACallOfUnknownEffect(t *testing.T) {
	for method, call := range unknown {
		t.Run(string(method), func(t *testing.T) {
			g := NewWithT(t)
			call.in.Method = method
			before := history{}.add(1000, 2000, Input{Method: Set, Value: 4}, Output{}).
				add(3000, 4000, call.in, Output{Err: errLost, Effect: Unknown})
			g.Expect(isLinearizable(before.read(5000, 6000, 4))).To(BeTrue(), "never, or later")
			g.Expect(isLinearizable(before.read(5000, 6000, call.left))).To(BeTrue(), "before it returned")
			g.Expect(isLinearizable(before.read(5000, 6000, 4).read(7000, 8000, call.left))).To(BeTrue(), "later")
			g.Expect(isLinearizable(before.read(5000, 6000, call.left).read(7000, 8000, 4))).To(BeFalse(), "and undone")
			g.Expect(isLinearizable(before.read(5000, 6000, 9))).To(BeFalse(), "something else")
			overwritten := before.read(5000, 6000, call.left).add(6100, 6200, Input{Method: Set, Value: 4}, Output{})
			g.Expect(isLinearizable(overwritten.read(7000, 8000, call.left))).To(BeFalse(), "twice")
		})
	}
}

func TestACallWithoutEffectHasNone(t *testing.T) {
	for method, call := range unknown {
		t.Run(string(method), func(t *testing.T) {
			g := NewWithT(t)
			call.in.Method = method
			h := history{}.add(1000, 2000, Input{Method: Set, Value: 4}, Output{}).
				add(3000, 4000, call.in, Output{Err: errLost, Effect: Nothing})
			g.Expect(isLinearizable(h.read(5000, 6000, 4))).To(BeTrue())
			g.Expect(isLinearizable(h.read(5000, 6000, call.left))).To(BeFalse())
		})
	}
}
