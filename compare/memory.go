package compare

import (
	"runtime"

	"github.com/lastmodstore/lastmodstore"
)

// memory tests that memory is returned.
func memory(c *cases) {
	c.add("4: a store that held many entries and is now empty does not keep their memory", memoryIsReturned)
}

func memoryIsReturned(t *tester) {
	const entries = 200_000
	if t.engine.Ints == nil {
		t.without("Ints")
	}
	c := t.caller()
	for name, empty := range map[string]func(s lastmodstore.Store[int, int]){
		"Clear": func(s lastmodstore.Store[int, int]) { s.Clear() },
		"Delete": func(s lastmodstore.Store[int, int]) {
			for i := range entries {
				s.Delete(i)
				c.returned()
			}
		},
	} {
		s := t.engine.Ints(0)
		before := heap()
		for i := range entries {
			s.Set(i, i, lastmodstore.NoExpiry)
			c.returned()
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
}

// heap returns how many bytes are reachable.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool held survives the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
