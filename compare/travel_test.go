package compare_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/compare"
)

// 8, 29: a position that went through JSON means the same in each shard: polling
// with it yields each change once.
func TestPositionsOfShardsThroughJSON(t *testing.T) {
	for _, e := range compare.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			g := NewWithT(t)
			s := compare.Shards(8, e).Strings(0)
			defer s.Close()
			var last time.Time
			for i := range 500 {
				g.Expect(s.Set(strconv.Itoa(i%50), i, time.Hour)).To(Succeed())
				var got []int
				for _, e := range s.ModifiedSince(last) {
					got = append(got, e.Value)
					text, err := json.Marshal(e.LastModified)
					g.Expect(err).NotTo(HaveOccurred())
					g.Expect(json.Unmarshal(text, &last)).To(Succeed())
				}
				g.Expect(got).To(Equal([]int{i}))
			}
		})
	}
}
