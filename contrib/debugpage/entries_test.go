package debugpage

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

func TestPagesShowEachEntryOnceInOrder(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[int, string]) {
		g := NewWithT(t)
		var want []string
		for i := range 2*pageEntries + 7 {
			set(t, s, i, "")
			want = append(want, fmt.Sprint(i))
		}
		pages := listed(t, New(Store("main", s)), "?store=main")
		g.Expect(pages).To(HaveLen(3))
		g.Expect(slices.Concat(pages...)).To(Equal(want))
	})
}

func TestFullLastPageHasNoNext(t *testing.T) {
	g := NewWithT(t)
	s := open(t)
	for i := range pageEntries {
		set(t, s, fmt.Sprint(i), 0)
	}
	g.Expect(listed(t, New(Store("main", s)), "?")).To(HaveLen(1))
	set(t, s, "another", 0)
	g.Expect(listed(t, New(Store("main", s)), "?")).To(HaveLen(2))
}

func TestEntriesMergedWithEqualTimesAreEachShownOnce(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[int, string]) {
		g := NewWithT(t)
		at := time.Now().Add(-time.Hour)
		const n = 3*pageEntries + 1
		for i := range n {
			_, err := s.Merge(i, lastmodstore.Entry[string]{LastModified: at})
			g.Expect(err).NotTo(HaveOccurred())
		}
		pages := listed(t, New(Store("main", s)), "?")
		g.Expect(pages).To(HaveLen(4))
		all := slices.Concat(pages...)
		slices.Sort(all)
		g.Expect(slices.Compact(all)).To(HaveLen(n))
	})
}

// The entry at which the next page begins is the position. Whatever happens to it, no
// other entry may be left out.
func TestNextPageOmitsNothingWhenItsPositionHasGone(t *testing.T) {
	for name, change := range map[string]func(s lastmodstore.Store[int, int], key int) error{
		"removed":  func(s lastmodstore.Store[int, int], key int) error { _, err := s.Delete(key); return err },
		"modified": func(s lastmodstore.Store[int, int], key int) error { return s.Set(key, 1, 0) },
	} {
		for _, equal := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/equal times=%t", name, equal), func(t *testing.T) {
				g := NewWithT(t)
				s := mutexstore.New[int, int](0)
				defer s.Close()
				at := time.Now().Add(-time.Hour)
				const n = 2 * pageEntries
				for i := range n {
					_, err := s.Merge(i, lastmodstore.Entry[int]{LastModified: at})
					g.Expect(err).NotTo(HaveOccurred())
					if !equal {
						at = at.Add(time.Second)
					}
				}
				h := New(Store("main", s))
				first := get(t, h, "/")
				g.Expect(change(s, pageEntries-1)).To(Succeed())
				rest := slices.Concat(listed(t, h, next(first))...)
				for i := pageEntries; i < n; i++ {
					g.Expect(rest).To(ContainElement(fmt.Sprint(i)))
				}
			})
		}
	}
}

func TestEntriesAreFoundByPrefix(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[string, int]) {
		g := NewWithT(t)
		for _, key := range []string{"user/1", "order/1", "user/2", "usher"} {
			set(t, s, key, 0)
		}
		h := New(Store("main", s))
		g.Expect(keys(get(t, h, "/?prefix=user%2F"))).To(Equal([]string{"user/1", "user/2"}))
		body := get(t, h, "/?prefix=%22nothing%22")
		g.Expect(keys(body)).To(BeEmpty())
		g.Expect(body).To(And(ContainSubstring(`value="&#34;nothing&#34;"`), ContainSubstring("No entries match.")))
	})
}

func TestEntriesAreLimitedToAPeriod(t *testing.T) {
	g := NewWithT(t)
	s := open(t)
	for key, age := range map[string]time.Duration{"minutes": 10 * time.Minute, "hours": 10 * time.Hour, "days": 240 * time.Hour} {
		_, err := s.Merge(key, lastmodstore.Entry[int]{LastModified: time.Now().Add(-age)})
		g.Expect(err).NotTo(HaveOccurred())
	}
	h := New(Store("main", s))
	for within, want := range map[string][]string{"": {"days", "hours", "minutes"}, "24h": {"hours", "minutes"}, "1h": {"minutes"}, "1m": nil} {
		g.Expect(keys(get(t, h, "/?within="+within))).To(Equal(want), within)
	}
}

func TestOneRequestLooksAtALimitedNumberOfEntries(t *testing.T) {
	g := NewWithT(t)
	s := &counting[int, int]{Store: mutexstore.New[int, int](0)}
	defer s.Close()
	const n = 2*maxScanned + 5
	for i := range n {
		set(t, s.Store, i, 0)
	}
	h := New(Store("main", s))
	get(t, h, "/")
	g.Expect(s.yielded.Swap(0)).To(BeEquivalentTo(pageEntries + 1))
	body := get(t, h, fmt.Sprintf("/?prefix=%d", n-1))
	g.Expect(s.yielded.Swap(0)).To(BeEquivalentTo(maxScanned + 1))
	g.Expect(body).To(And(ContainSubstring("10,000 entries examined; there are more"), ContainSubstring("None of the keys examined")))
	g.Expect(listed(t, h, next(body))).To(Equal([][]string{nil, {fmt.Sprint(n - 1)}}))
}

func TestOneRequestReadsKeysOfALimitedLength(t *testing.T) {
	g := NewWithT(t)
	s := open(t)
	const size, n = 1 << 20, 20
	for i := range n {
		set(t, s, fmt.Sprintf("%02d%s", i, padded(size)), 0)
	}
	h := New(Store("main", s))
	g.Expect(listed(t, h, "?prefix=19")).To(HaveLen(3), "9 keys are more than 8 MiB")
	body := get(t, h, "/")
	g.Expect(len(body)).To(BeNumerically("<", 100_000))
	g.Expect(body).To(ContainSubstring("… cut, 1,048,578 bytes"))
}

type point struct{ X, Y int }

func (p point) String() string { return "a point" }

func TestKeysOfAnyTypeAreDistinguished(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[any, int](0)
	defer s.Close()
	for i, key := range []any{1, "1", int8(1), point{1, 2}, point{2, 1}, nil, [2]bool{true, false}} {
		set(t, s, key, i)
	}
	h := New(Store("main", s, ShowValues(func(v int) string { return fmt.Sprint("number ", v) })))
	body := get(t, h, "/")
	g.Expect(keys(body)).To(Equal([]string{"1", "1", "1", "a point", "a point", "<nil>", "[true false]"}))
	for _, name := range []string{"int", "string", "int8", "debugpage.point", "[2]bool"} {
		g.Expect(body).To(ContainSubstring(`<span class="type">` + name + `</span>`))
	}
	for i, m := range showLinks.FindAllStringSubmatch(body, -1) {
		g.Expect(get(t, h, "/"+strings.ReplaceAll(m[1], "&amp;", "&"))).To(Equal(fmt.Sprint("number ", i)))
	}
}

func TestValuesAreShownOnlyOnRequest(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		set(t, s, "k", "secret")
		formatted := 0
		h := New(Store("hidden", s), Store("shown", s, ShowValues(func(v string) string { formatted++; return v })))

		body := get(t, h, "/?store=hidden")
		g.Expect(body).NotTo(Or(ContainSubstring("secret"), ContainSubstring("Value</th>")))
		body = get(t, h, "/?store=shown")
		g.Expect(body).NotTo(ContainSubstring("secret"))
		g.Expect(formatted).To(BeZero())

		url := "/" + strings.ReplaceAll(showLinks.FindStringSubmatch(body)[1], "&amp;", "&")
		g.Expect(get(t, h, url)).To(Equal("secret"))
		g.Expect(formatted).To(Equal(1))
		w := request(h, http.MethodGet, strings.Replace(url, "store=shown", "store=hidden", 1))
		g.Expect(w.Code).To(Equal(http.StatusForbidden))

		set(t, s, "k", "other")
		w = request(h, http.MethodGet, url)
		g.Expect(w.Code).To(Equal(http.StatusNotFound))
		g.Expect(w.Body.String()).To(ContainSubstring("reload the page"))
	}, lastmodstore.CountReads())
}

func TestPageMarksNothingAsReadAndCountsNoHit(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, int](0, lastmodstore.CountReads(), lastmodstore.MaxEntries(2))
	defer s.Close()
	set(t, s, "old", 0)
	set(t, s, "new", 0)
	h := New(Store("main", s, ShowValues(func(v int) string { return fmt.Sprint(v) })))
	url := "/" + strings.ReplaceAll(showLinks.FindStringSubmatch(get(t, h, "/"))[1], "&amp;", "&")
	g.Expect(get(t, h, url)).To(Equal("0"))
	g.Expect(s.Stats().Hits).To(BeZero())
	set(t, s, "newest", 0)
	g.Expect(keys(get(t, h, "/"))).To(Equal([]string{"new", "newest"}), "the oldest was evicted although the page showed it")
}
