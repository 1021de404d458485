package external

import (
	"os/exec"
	"syscall"
)

// detach makes the program end with this process, however that ends, and not by an
// interrupt from the terminal: this process ends it after the call in progress. The
// kernel watches the thread that started the program; Go ends a thread only with a
// goroutine that is locked to it, and no such goroutine starts programs.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
