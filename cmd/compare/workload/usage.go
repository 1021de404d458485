package workload

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// usage is the resources that the process has used so far.
type usage struct {
	cpu            time.Duration
	mallocs, bytes uint64
	gc             float64 // CPU seconds, as of the last collection
}

func readUsage() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s)
	return usage{cpuTime(), m.Mallocs, m.TotalAlloc, s[0].Value.Float64()}
}

// since returns what ops calls have used since before, per call.
func (u usage) since(before usage, ops int) []Sample {
	n := float64(ops)
	return []Sample{
		{"cpu", "ns/op", float64(u.cpu-before.cpu) / n},
		{"allocs", "allocs/op", float64(u.mallocs-before.mallocs) / n},
		{"bytes", "B/op", float64(u.bytes-before.bytes) / n},
		{"gc", "ns/op", (u.gc - before.gc) * 1e9 / n},
	}
}

// heap returns the bytes that are reachable.
func heap() float64 {
	runtime.GC()
	runtime.GC() // frees what the first one only moved to a sync.Pool's victim cache
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
