package compare

import (
	"encoding/json"
	"strconv"
	"time"

	. "github.com/onsi/gomega"
)

func positionsThroughJSON(t *tester) {
	s := t.engine.Strings(0)
	defer s.Close()
	var last time.Time
	for i := range 500 {
		t.Expect(s.Set(strconv.Itoa(i%50), i, time.Hour)).To(Succeed())
		var got []int
		for _, e := range s.ModifiedSince(last) {
			got = append(got, e.Value)
			text, err := json.Marshal(e.LastModified)
			t.Expect(err).NotTo(HaveOccurred())
			t.Expect(json.Unmarshal(text, &last)).To(Succeed())
		}
		t.Expect(got).To(Equal([]int{i}))
	}
}
