//go:build !linux

package external

import "os/exec"

// detach does nothing where a process cannot be bound to another.
func detach(*exec.Cmd) {}
