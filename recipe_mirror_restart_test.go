package lastmodstore_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// 25: a watcher whose position predates the opening of the store receives Resync, so a
// follower finds out what was removed before the snapshot was saved.
func TestFollowerOfARestartedStoreDropsWhatWasRemovedMeanwhile(t *testing.T) {
	for name, remove := range map[string]func(lastmodstore.Store[string, bool]){
		"Delete":  func(s lastmodstore.Store[string, bool]) { s.Delete("0"); s.Delete("4") },
		"Clear":   func(s lastmodstore.Store[string, bool]) { s.Clear() },
		"expiry":  func(s lastmodstore.Store[string, bool]) { s.Touch("4", 1) },
		"nothing": func(lastmodstore.Store[string, bool]) {},
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(g Gomega, s lastmodstore.Store[string, bool]) {
				var flags mirror[bool]
				setFlags(g, s, 5)
				stop := following(&flags, s)
				expectMirrored(g, &flags, s)
				stop()
				remove(s)
				g.Expect(s.Set("9", true, lastmodstore.NoExpiry)).To(Succeed())
				time.Sleep(time.Second)
				s = restart(g, s)
				defer s.Close()
				defer following(&flags, s)()
				expectMirrored(g, &flags, s)
				g.Expect(s.Set(fmt.Sprint(5), false, lastmodstore.NoExpiry)).To(Succeed())
				expectMirrored(g, &flags, s)
			})
		})
	}
}
