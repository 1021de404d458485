package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
)

// asProgram makes this test binary the program itself.
const asProgram = "LASTMODSTORE_EXAMPLE"

func TestMain(m *testing.M) {
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

func TestSignalEndsTheProgramWhileItReads(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			g := NewWithT(t)
			p, _, stderr := start(t, "-dir", endless(t))
			g.Expect(stderr.ReadString('\n')).To(ContainSubstring("passed over 1 symbolic links"))
			g.Expect(p.Process.Signal(s)).To(Succeed())
			rest, err := io.ReadAll(stderr)
			g.Expect(string(rest), err).To(Equal("example: interrupted: 0 of 1 files read\n"))
			p.Wait()
			g.Expect(p.ProcessState.ExitCode()).To(Equal(130))
		})
	}
}

func TestSignalEndsTheServerWithSuccess(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			g := NewWithT(t)
			p, stdout, stderr := start(t, "-dir", t.TempDir(), "-http", "127.0.0.1:0")
			g.Expect(stdout.ReadString('\n')).To(HavePrefix("serving 0 files' metadata on http://127.0.0.1:"))
			g.Expect(p.Process.Signal(s)).To(Succeed())
			rest, err := io.ReadAll(stderr)
			g.Expect(string(rest), err).To(BeEmpty())
			g.Expect(p.Wait()).To(Succeed())
		})
	}
}

// fill writes to the pipe until it is full.
func fill(g Gomega, pipe *os.File) {
	fd := int(pipe.Fd())
	g.Expect(syscall.SetNonblock(fd, true)).To(Succeed())
	var err error
	for err == nil {
		_, err = syscall.Write(fd, []byte{0})
	}
	g.Expect(err).To(MatchError(syscall.EAGAIN))
	g.Expect(syscall.SetNonblock(fd, false)).To(Succeed())
}

// The first signal makes the program print a line, which blocks here. The second
// one does what signals do by default.
func TestSecondSignalIsNotTrapped(t *testing.T) {
	g := NewWithT(t)
	r, w, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	defer r.Close()
	defer w.Close()
	p := program(t, "-dir", endless(t))
	p.Stderr = w
	g.Expect(p.Start()).To(Succeed())
	g.Expect(bufio.NewReader(r).ReadString('\n')).To(ContainSubstring("passed over 1"))
	fill(g, w)
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	g.Eventually(func() chan error {
		p.Process.Signal(os.Interrupt)
		return ended
	}).WithTimeout(time.Minute).Should(Receive())
	g.Expect(p.ProcessState.Sys().(syscall.WaitStatus).Signaled()).To(BeTrue())
}

func TestExitStatusOfAnErrorIsOne(t *testing.T) {
	g := NewWithT(t)
	for args, want := range map[string]int{"-h": 0, "-dri": 1, "-dir=no/such/place": 1} {
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
