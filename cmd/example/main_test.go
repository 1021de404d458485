package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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

// program returns the program, not started yet.
func program(t *testing.T, args ...string) *exec.Cmd {
	p := exec.CommandContext(t.Context(), os.Args[0], args...)
	p.Env = append(os.Environ(), asProgram+"=1")
	return p
}

// start runs the program and returns what it prints.
func start(t *testing.T, args ...string) (p *exec.Cmd, stdout, stderr *bufio.Reader) {
	p = program(t, args...)
	out, err := p.StdoutPipe()
	errs, err2 := p.StderrPipe()
	if err := errors.Join(err, err2, p.Start()); err != nil {
		t.Fatal(err)
	}
	return p, bufio.NewReader(out), bufio.NewReader(errs)
}

// endless is a directory whose reading takes many minutes and prints a line first.
func endless(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sparse"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "sparse"), 1<<40); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("sparse", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestExitStatusOfAnErrorIsOne(t *testing.T) {
	g := NewWithT(t)
	for args, want := range map[string]int{"-h": 0, "-dri": 1, "-dir=no/such/place": 1, "-name=x": 1} {
		p, _, stderr := start(t, args)
		text, err := io.ReadAll(stderr)
		g.Expect(err).NotTo(HaveOccurred())
		p.Wait()
		g.Expect(p.ProcessState.ExitCode()).To(Equal(want))
		if want == 1 {
			g.Expect(string(text)).To(MatchRegexp(`^example: [^\n]*\n$`))
		}
	}
}
