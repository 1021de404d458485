//go:build !unix

package workload

import "time"

func cpuTime() time.Duration { return 0 } // not reported here
func preemptions() int64     { return 0 }
