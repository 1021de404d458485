package figure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func suites(factor float64) []Suite {
	return []Suite{
		{"times", func(rounds int) ([]Figure, error) {
			return []Figure{Ratio("actor Get / textbook", 50*factor, 100, "ns", 0.7).Versus(1.05), Value("a common value", float64(rounds), "B", NoGoal)}, nil
		}},
		{"counts", func(int) ([]Figure, error) {
			return []Figure{Value("allocations of Get", 0, "", 0), Value("allocations of Set", 1, "", 0)}, nil
		}},
	}
}

// TestMain runs the program instead of the tests when a test has started it. The
// name it was started by decides how fast it is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-tsv" {
		factor := 1.0
		if strings.HasSuffix(os.Args[0], "older") {
			factor = 2
		}
		if err := Run(os.Stdout, os.Stderr, os.Args[1:], suites(factor)); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestGoals(t *testing.T) {
	g := NewWithT(t)
	for _, c := range []struct {
		f    Figure
		want string
	}{
		{Ratio("a", 7, 10, "ns", 0.7), "a\t7 ns\t10 ns\t0.700\t<= 0.7\t\t"},
		{Ratio("a", 8, 10, "ns", 0.7), "a\t8 ns\t10 ns\t0.800\t<= 0.7 MISSED\t\t"},
		{Ratio("a", 8, 10, "ns", NoGoal), "a\t8 ns\t10 ns\t0.800\t\t\t"},
		{Ratio("a", 0.05, 100, "ms", 0.0005), "a\t0.05 ms\t100 ms\t0.0005\t<= 0.0005\t\t"},
		{Value("a", 0, "", 0), "a\t0 \t\t\t<= 0\t\t"},
		{Value("a", 1, "", 0), "a\t1 \t\t\t<= 0 MISSED\t\t"},
	} {
		g.Expect(c.f.String()).To(Equal(c.want))
	}
}

func TestTSVIsReadBack(t *testing.T) {
	g := NewWithT(t)
	var b, machine bytes.Buffer
	g.Expect(Run(&b, io.Discard, []string{"-tsv", "-rounds", "3"}, suites(1))).To(Succeed())
	figures, err := parse(b.String())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(figures).To(HaveLen(4))
	g.Expect(figures[0]).To(Equal(Ratio("actor Get / textbook", 50, 100, "ns", 0.7).Versus(1.05)))
	printMachine(&machine, 3)
	_, err = parse(machine.String())
	g.Expect(err).To(MatchError(ContainSubstring("not a line of a figure")))
}

func TestOnlyAndMisuse(t *testing.T) {
	g := NewWithT(t)
	var b bytes.Buffer
	g.Expect(Run(&b, io.Discard, []string{"-only", "counts"}, suites(1))).To(Succeed())
	g.Expect(b.String()).To(ContainSubstring("allocations of Get"))
	g.Expect(b.String()).NotTo(ContainSubstring("textbook"))
	for _, args := range [][]string{{"-only", "nothing"}, {"-rounds", "0"}, {"word"}, {"-tsv", "-versus", "x"}, {"-fast"}} {
		g.Expect(Run(io.Discard, io.Discard, args, suites(1))).NotTo(Succeed(), fmt.Sprint(args))
	}
	broken := []Suite{{"broken", func(int) ([]Figure, error) { return nil, errors.New("it broke") }}}
	g.Expect(Run(io.Discard, io.Discard, nil, broken)).To(MatchError("broken: it broke"))
}

// The older build is this program under another name, by which it is half as fast.
func TestVersusAnOlderBuild(t *testing.T) {
	g := NewWithT(t)
	self, err := os.Executable()
	g.Expect(err).NotTo(HaveOccurred())
	older := t.TempDir() + "/older"
	g.Expect(os.Symlink(self, older)).To(Succeed())
	var b bytes.Buffer
	g.Expect(Run(&b, io.Discard, []string{"-versus", older, "-rounds", "3", "-only", "times"}, suites(1))).To(Succeed())
	g.Expect(b.String()).To(MatchRegexp(`actor Get / textbook +50 ns +100 ns +0.500 +0.500 to 0.500 +<= 1.05 +\n`))
	g.Expect(b.String()).To(MatchRegexp(`a common value +1 B +1 B +1.000 `), "a round of each run")
	g.Expect(Run(io.Discard, io.Discard, []string{"-versus", older + "st"}, suites(1))).NotTo(Succeed())
}
