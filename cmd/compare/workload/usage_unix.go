//go:build unix

package workload

import (
	"syscall"
	"time"
)

// cpuTime is what the process has computed, for itself and in the kernel.
func cpuTime() time.Duration {
	r := rusage()
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// preemptions returns how often the system has taken a core from this process
// while it had more to compute.
func preemptions() int64 { return int64(rusage().Nivcsw) }

func rusage() (r syscall.Rusage) {
	syscall.Getrusage(syscall.RUSAGE_SELF, &r) // fails only for bad arguments
	return r
}
