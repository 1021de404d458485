package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

// asProgram makes this test binary the program itself.
const asProgram = "LASTMODSTORE_EXAMPLE"

func TestMain(m *testing.M) {
	servertest.Main()
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// start runs the program and returns what it prints.
func start(t *testing.T, args ...string) (p *exec.Cmd, stdout *bufio.Reader, stderr io.Reader) {
	g := NewWithT(t)
	p = exec.CommandContext(t.Context(), os.Args[0], args...)
	p.Env = append(os.Environ(), asProgram+"=1")
	out, err := p.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	stderr, err = p.StderrPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(p.Start()).To(Succeed())
	return p, bufio.NewReader(out), stderr
}

func TestExitStatusOfAnErrorIsOne(t *testing.T) {
	for arg, want := range map[string]int{"-h": 0, "-nast": 1, "-name=x": 1} {
		g := NewWithT(t)
		p, _, stderr := start(t, arg)
		text, err := io.ReadAll(stderr)
		g.Expect(err).NotTo(HaveOccurred())
		p.Wait()
		g.Expect(p.ProcessState.ExitCode()).To(Equal(want))
		if want == 1 {
			g.Expect(string(text)).To(MatchRegexp(`^example: [^\n]*\n$`))
		}
	}
}

// While the nodes write, and also where a write waits for an election.
func TestSignalEndsTheProgram(t *testing.T) {
	for _, line := range []string{"race:", "kill:"} {
		g := NewWithT(t)
		p, stdout, stderr := start(t)
		for text := ""; len(text) < len(line) || text[:len(line)] != line; {
			var err error
			text, err = stdout.ReadString('\n')
			g.Expect(err).NotTo(HaveOccurred())
		}
		g.Expect(p.Process.Signal(syscall.SIGTERM)).To(Succeed())
		text, err := io.ReadAll(stderr)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(text)).To(Equal("example: interrupted\n"))
		p.Wait()
		g.Expect(p.ProcessState.ExitCode()).To(Equal(130))
	}
}
