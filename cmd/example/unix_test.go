//go:build unix

package main

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

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

// While the nodes write, and also where a write waits for an election.
func TestSignalEndsTheReplicatedStores(t *testing.T) {
	for _, line := range []string{"race:", "kill:"} {
		t.Run(line, func(t *testing.T) {
			g := NewWithT(t)
			p, stdout, stderr := start(t, "-replicated")
			for text := ""; !strings.HasPrefix(text, line); {
				var err error
				text, err = stdout.ReadString('\n')
				g.Expect(err).NotTo(HaveOccurred())
			}
			g.Expect(p.Process.Signal(syscall.SIGTERM)).To(Succeed())
			text, err := io.ReadAll(stderr)
			g.Expect(string(text), err).To(Equal("example: interrupted\n"))
			p.Wait()
			g.Expect(p.ProcessState.ExitCode()).To(Equal(130))
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
// one does what signals do by default. They are SIGTERM: a script's background job ignores
// SIGINT by default.
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
		p.Process.Signal(syscall.SIGTERM)
		return ended
	}).WithTimeout(time.Minute).Should(Receive())
	g.Expect(p.ProcessState.Sys().(syscall.WaitStatus).Signaled()).To(BeTrue())
}

func TestPipeIsNotWaitedFor(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "pipe")
	g.Expect(syscall.Mkfifo(path, 0o600)).To(Succeed())
	_, err := hashStable(t.Context(), func() (fs.File, error) { return openFile(path) })
	g.Expect(err).To(MatchError(errNotRegular))
}
