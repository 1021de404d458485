package engine

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestFeedPacerRestsAfterAStretchOfWorkWithNews(t *testing.T) {
	g := NewWithT(t)
	const stretch = int64(feedStretch)
	var p FeedPacer
	g.Expect(p.ShouldRest(1, 10)).To(BeFalse(), "the first watcher")
	g.Expect(p.ShouldRest(stretch, 20)).To(BeFalse(), "the stretch has not ended")
	g.Expect(p.ShouldRest(1+stretch, 20)).To(BeTrue(), "the stretch has ended, and there is news")
	p.Wake(1000 * stretch)
	g.Expect(p.ShouldRest(1001*stretch, 20)).To(BeFalse(), "there is no news")
	g.Expect(p.ShouldRest(1002*stretch, 21)).To(BeTrue())
}
