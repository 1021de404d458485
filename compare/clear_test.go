package compare_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lastmodstore/lastmodstore/compare"
)

// Clear is one instant: what is seen after it was modified after it.
func TestClearBesideEverything(t *testing.T) {
	for _, e := range tested() {
		t.Run(e.Name, func(t *testing.T) {
			watched(t, func(p *compare.Progress) {
				s, c := e.Strings(20*time.Microsecond), p.Caller()
				churnBeside(s, func() {
					for n := range atLength(300, 20_000) {
						c.Returned()
						mark, _, err := s.SetIfUnmodifiedSince("mark-"+strconv.Itoa(n), n, 0, time.Time{})
						if err != nil {
							t.Fatal(err)
						}
						if err := s.Clear(); err != nil {
							t.Fatal(err)
						}
						for key, e := range s.All() {
							if !e.LastModified.After(mark.LastModified) {
								t.Errorf("%s outlived Clear", key)
							}
						}
					}
				})
				s.Close()
			})
		})
	}
}

// Clear is one instant to single reads as well: who has seen that one key was
// removed does not see another that was removed with it.
func TestClearBesideSingleReads(t *testing.T) {
	read := map[string]func(s stringStore, key string) int{
		"Get": func(s stringStore, key string) int {
			value, _ := s.Get(key)
			return value
		},
		"GetEntry": func(s stringStore, key string) int {
			e, _ := s.GetEntry(key)
			return e.Value
		},
	}
	for _, e := range tested() {
		for name, read := range read {
			t.Run(e.Name+"/"+name, func(t *testing.T) {
				watched(t, func(p *compare.Progress) {
					s, c := e.Strings(0), p.Caller()
					defer s.Close()
					var over atomic.Bool
					var readers sync.WaitGroup
					for range 2 {
						readers.Go(func() {
							for !over.Load() {
								if n := read(s, "second"); n > 0 && read(s, "first") == 0 && read(s, "second") == n {
									t.Errorf("Clear had removed the first key, and the second was still %d", n)
									return
								}
							}
						})
					}
					for n := range atLength(2000, 100_000) {
						s.Set("first", n+1, 0)
						s.Set("second", n+1, 0)
						s.Clear()
						c.Returned()
					}
					over.Store(true)
					readers.Wait()
				})
			})
		}
	}
}
