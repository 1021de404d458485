//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// asProgram is the environment variable that turns the tests into the program.
const asProgram = "LASTMODSTORE_COMPARE"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// A signal, also one that a terminal sends to all processes of the program, ends the
// servers that it has started, and nothing is left of them.
func TestASignalEndsTheServers(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			g := NewWithT(t)
			dir := t.TempDir()
			var stdout bytes.Buffer
			cmd := exec.Command(os.Args[0], "-workloads", "replicated", "-histories", "0", "-rounds", "1000")
			cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+dir)
			cmd.Stdout, cmd.SysProcAttr = &stdout, &syscall.SysProcAttr{Setpgid: true}
			g.Expect(cmd.Start()).To(Succeed())
			group := -cmd.Process.Pid
			t.Cleanup(func() { _ = syscall.Kill(group, syscall.SIGKILL) })
			g.Eventually(func() ([]string, error) { return filepath.Glob(filepath.Join(dir, "lastmodstore-servers-*", "*")) }, time.Minute).ShouldNot(BeEmpty())
			if signal == syscall.SIGINT {
				g.Expect(syscall.Kill(group, signal)).To(Succeed())
			} else {
				g.Expect(cmd.Process.Signal(signal)).To(Succeed())
			}
			_ = cmd.Wait() // the exit code is checked
			g.Expect(cmd.ProcessState.ExitCode()).To(Equal(interrupted))
			g.Expect(stdout.String()).To(ContainSubstring("INTERRUPTED"))
			left, err := os.ReadDir(dir)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(left).To(BeEmpty())
		})
	}
}
