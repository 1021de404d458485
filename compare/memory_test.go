package compare_test

import (
	"runtime"
	"testing"

	"github.com/lastmodstore/lastmodstore"
)

// 4: a store that held many entries and is now empty does not keep their memory.
func TestMemoryIsReturned(t *testing.T) {
	const entries = 200_000
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			for name, empty := range map[string]func(s lastmodstore.Store[int, int]){
				"Clear": func(s lastmodstore.Store[int, int]) { s.Clear() },
				"Delete": func(s lastmodstore.Store[int, int]) {
					for i := range entries {
						s.Delete(i)
					}
				},
			} {
				s := e.Ints(0)
				before := heap()
				for i := range entries {
					s.Set(i, i, lastmodstore.NoExpiry)
				}
				full := heap() - before
				empty(s)
				left := heap() - before
				t.Logf("%s: %d bytes of %d are left", name, left, full)
				if left > full/20 {
					t.Errorf("4: %s leaves %d bytes of %d in an empty store", name, left, full)
				}
				s.Close()
			}
		})
	}
}

// heap is how many bytes are reachable.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool held outlives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
