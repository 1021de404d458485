package engine

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestFeedPacer(t *testing.T) {
	g := NewWithT(t)
	const stretch = int64(feedStretch)
	var p FeedPacer
	g.Expect(p.ShouldRest(1, 10)).To(BeFalse(), "the first watcher of all")
	g.Expect(p.ShouldRest(stretch, 20)).To(BeFalse(), "the stretch lasts")
	g.Expect(p.ShouldRest(1+stretch, 20)).To(BeTrue(), "it is over, and somebody writes")
	p.Wake(1000 * stretch)
	g.Expect(p.ShouldRest(1001*stretch, 20)).To(BeFalse(), "nobody has written since")
	g.Expect(p.ShouldRest(1002*stretch, 21)).To(BeTrue())
}
