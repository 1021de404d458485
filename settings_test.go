package lastmodstore_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

func TestApplyOptionsReturnsWhatTheOptionsAskFor(t *testing.T) {
	g := NewWithT(t)
	g.Expect(lastmodstore.ApplyOptions()).To(Equal(lastmodstore.Settings{RemovalLog: 1024}))
	g.Expect(lastmodstore.ApplyOptions(
		lastmodstore.MaxEntries(5), lastmodstore.MaxEntries(6), lastmodstore.RejectWhenFull(),
		lastmodstore.CountReads(), lastmodstore.RemovalLog(7),
	)).To(Equal(lastmodstore.Settings{MaxEntries: 6, RejectWhenFull: true, CountReads: true, RemovalLog: 7, RetainRemovals: true}))
}

func TestApplyOptionsReturnsTheWeigher(t *testing.T) {
	g := NewWithT(t)
	s := lastmodstore.ApplyOptions(lastmodstore.MaxWeight(7, func(key string, value []byte) int { return len(key) + len(value) }))
	g.Expect(s.MaxWeight).To(Equal(7))
	weigher, ok := s.Weigher.(func(string, []byte) int)
	g.Expect(ok).To(BeTrue())
	g.Expect(weigher("ab", []byte("c"))).To(Equal(3))
}
