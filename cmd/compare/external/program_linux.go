package external

import (
	"os/exec"
	"syscall"
)

// detach makes the program end with this process, however that ends, and not by an
// interrupt from the terminal: this process ends it after the call in progress.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
