package debugpage

import (
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/contrib/internal/engines"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// hostile maps keys to how they are shown.
var hostile = map[string]string{
	`<script>alert(1)</script>`: `<script>alert(1)</script>`,
	`</code></td><b>`:           `</code></td><b>`,
	`" onclick="alert(1)`:       `"\" onclick=\"alert(1)"`,
	`' x='`:                     `' x='`,
	"a\xffb":                    `"a\xffb"`,
	"\xff\xfe\xfd":              `"\xff\xfe\xfd"`,
	"a\nb\r\n\r\ndata: c":       `"a\nb\r\n\r\ndata: c"`,
	"a\x00b":                    `"a\x00b"`,
	"a\u202eb":                  `"a\u202eb"`,
	"a\u2028b":                  `"a\u2028b"`,
	"":                          `""`,
	" ":                         `" "`,
	`{{.}}`:                     `{{.}}`,
	`&lt;`:                      `&lt;`,
	`javascript:alert(1)`:       `javascript:alert(1)`,
	`日本`:                        `日本`,
}

func TestHostileKeysAreShownAsText(t *testing.T) {
	engines.Each(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		var want []any
		for key, shown := range hostile {
			set(t, s, key, key)
			want = append(want, shown)
		}
		h := New(Store(`<main> "&'`, s, ShowValues(func(v string) string { return v })))
		body := get(t, h, "/")
		g.Expect(keys(body)).To(ConsistOf(want...))
		g.Expect(utf8.ValidString(body)).To(BeTrue())
		g.Expect(strings.Count(body, "<script")).To(Equal(1), "only the page's own")
		for _, m := range showLinks.FindAllStringSubmatch(body, -1) {
			w := request(h, http.MethodGet, "/"+html.UnescapeString(m[1]))
			g.Expect(w.Code).To(Equal(http.StatusOK))
			g.Expect(w.Header().Get("Content-Type")).To(Equal("text/plain; charset=utf-8"))
			g.Expect(w.Header().Get("X-Content-Type-Options")).To(Equal("nosniff"))
			g.Expect(utf8.Valid(w.Body.Bytes())).To(BeTrue())
		}
	})
}

func TestHostileKeysAreFoundByThemselvesAsPrefix(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, int](0)
	defer s.Close()
	for key := range hostile {
		set(t, s, key, 0)
	}
	h := New(Store("main", s))
	for key, shown := range hostile {
		g.Expect(keys(get(t, h, "/"+link("", "prefix", key)))).To(ContainElement(shown))
	}
}

func TestHugeKeysAndValuesAreCut(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, string](0)
	defer s.Close()
	for _, key := range []string{strings.Repeat("<", 1<<20), strings.Repeat("é", 1<<19), strings.Repeat("\x80", 1<<20)} {
		set(t, s, key, key)
	}
	h := New(Store("main", s, ShowValues(func(v string) string { return v })))
	body := get(t, h, "/")
	g.Expect(len(body)).To(BeNumerically("<", 32_000))
	g.Expect(strings.Count(body, "… cut, 1,048,576 bytes")).To(Equal(3))
	g.Expect(keys(body)).To(Equal([]string{
		strings.Repeat("<", maxLabel), strings.Repeat("é", maxLabel/2), `"` + strings.Repeat(`\x80`, maxLabel) + `"`}))
	for _, m := range showLinks.FindAllStringSubmatch(body, -1) {
		value := get(t, h, "/"+html.UnescapeString(m[1]))
		g.Expect(value).To(HaveSuffix("… cut: 65,536 of 1,048,576 bytes are shown"))
		g.Expect(len(value)).To(BeNumerically("<", 4*maxValue))
	}
}

func TestHostileKeysAreOneMessageOfTheStream(t *testing.T) {
	inBubble(t, func(t *testing.T, s lastmodstore.Store[string, string]) {
		g := NewWithT(t)
		c := connect(t, New(Store("main", s)), nil)
		c.next(g)
		var want []any
		for key, shown := range hostile {
			set(t, s, key, "secret")
			want = append(want, shown)
		}
		set(t, s, padded(1<<20), "secret")
		want = append(want, padded(maxLabel))
		time.Sleep(interval)
		m := c.next(g)
		g.Expect(m.event).To(Equal("update"))
		var shown []string
		for _, change := range m.update(g).Changes {
			shown = append(shown, change.Key.Text)
		}
		g.Expect(shown).To(ConsistOf(want...))
		g.Expect(m.raw).NotTo(Or(ContainSubstring("secret"), ContainSubstring("<script")))
		g.Expect(strings.Count(m.raw, "\n")).To(Equal(4), "id, event, data and the empty line")
	})
}

// A body, which a form would be read from, is left alone: it could fill the disk.
func TestBodiesOfRequestsAreNotRead(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, string](0)
	defer s.Close()
	r := httptest.NewRequest(http.MethodGet, "/?prefix=a", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\nx\r\n--b--\r\n"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	w := httptest.NewRecorder()
	New(Store("main", s)).ServeHTTP(w, r)
	g.Expect(w.Code).To(Equal(http.StatusOK))
	g.Expect(r.MultipartForm).To(BeNil())
}
