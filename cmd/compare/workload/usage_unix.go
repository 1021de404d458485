//go:build unix

package workload

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time of this process, in user and kernel mode.
func cpuTime() time.Duration {
	r := rusage()
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// preemptions returns how often the system has taken a core from this process
// while it still had work to do.
func preemptions() int64 { return int64(rusage().Nivcsw) }

func rusage() (r syscall.Rusage) {
	syscall.Getrusage(syscall.RUSAGE_SELF, &r) // fails only for bad arguments
	return r
}
