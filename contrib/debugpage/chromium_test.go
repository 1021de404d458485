package debugpage

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

var screenshots = flag.String("screenshots", "", "write what Chromium shows to this `directory`")

// populated returns a store as a program might have it, with some unpleasant keys.
func populated(t *testing.T) *mutexstore.Store[string, string] {
	s := mutexstore.New[string, string](0, lastmodstore.CountReads())
	t.Cleanup(func() { s.Close() })
	for i := range 80 {
		key := fmt.Sprintf("session/%08x", uint32(i)*2654435761)
		_, err := s.Merge(key, lastmodstore.Entry[string]{
			Value:        strings.Repeat(`{"user": "<b>Ada</b>"} `, 20),
			LastModified: time.Now().Add(-time.Duration(80-i) * 17 * time.Minute),
			TTL:          48 * time.Hour,
			ExpiresAt:    time.Now().Add(time.Duration(i+1) * 29 * time.Minute),
		})
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		s.Get(key)
	}
	s.Get("nothing")
	for i, key := range []string{
		padded(1000), strings.Repeat("<wbr>", 100), "a\xffb\n", "日本語のキー", "https://example.com/a/very/long/path?with=a&query=that-has-no-spaces-whatsoever",
	} {
		NewWithT(t).Expect(s.Set(key, padded(5000), time.Duration(i)*time.Hour)).To(Succeed())
	}
	return s
}

// overflowing lists the elements that reach beyond the window, or whose content reaches
// beyond them, except those that are hidden or scroll.
const overflowing = `(() => {
	const found = [];
	if (document.documentElement.scrollWidth > innerWidth) found.push("the page: " + document.documentElement.scrollWidth);
	for (const e of document.body.querySelectorAll("*")) {
		const box = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (box.width <= 1 || e.closest("thead, .announcement") && style.display === "none") continue;
		if (e.closest("thead") && getComputedStyle(e.closest("thead")).position === "absolute") continue;
		if (box.right > innerWidth + 0.5 || box.left < -0.5) found.push(e.outerHTML.slice(0, 100));
		if (style.display !== "inline" && style.overflowX === "visible" && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
			found.push("content of " + e.outerHTML.slice(0, 100));
	}
	return found.join("\n");
})()`

func TestPageInABrowser(t *testing.T) {
	b := startBrowser(t)
	s := populated(t)
	empty := mutexstore.New[int, int](0)
	defer empty.Close()
	mux := http.NewServeMux()
	mux.Handle("/debug/store/", New(
		Store("sessions", s, ShowValues(func(v string) string { return v })), Store("empty", empty)))
	server := httptest.NewServer(mux)
	defer server.Close()
	url := server.URL + "/debug/store/?store=sessions&after="
	for _, width := range []int{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprint(width, " ", scheme), func(t *testing.T) {
				b.g = NewWithT(t)
				b.visit(url, width, scheme)
				b.g.Expect(b.eval("innerWidth")).To(BeEquivalentTo(width))
				b.changeAppears(s, fmt.Sprintf("live <%d %s>", width, scheme))
				b.changeAppears(s, padded(300)+scheme)
				b.valueAppears()
				b.g.Expect(b.eval(overflowing)).To(Equal(""))
				if *screenshots != "" {
					b.screenshot(filepath.Join(*screenshots, fmt.Sprintf("%d-%s.png", width, scheme)))
				}
			})
		}
	}
	b.g = NewWithT(t)
	b.streamFollowsTheButton(s)
	b.visit(server.URL+"/debug/store/?store=empty", 390, "light")
	b.eventually(`document.getElementById("status").textContent`, "Live")
	b.g.Expect(b.eval(overflowing)).To(Equal(""))
	b.g.Expect(empty.Close()).To(Succeed())
	b.eventually(`document.getElementById("status").textContent`, "The store is closed")
}

const lastKey = `document.querySelector("#rows .key code")?.textContent`

func (b *browser) changeAppears(s *mutexstore.Store[string, string], key string) {
	b.eventually(`document.getElementById("status").textContent`, "Live")
	sets := b.eval(`document.querySelector("[data-figure=Sets] .value").textContent`)
	b.g.Expect(s.Set(key, "", time.Hour)).To(Succeed())
	b.eventually(lastKey, key[:min(len(key), maxLabel)])
	b.g.Expect(b.eval(`document.querySelector("[data-figure=Sets] .value").textContent`)).NotTo(Equal(sets))
	_, err := s.Delete(key)
	b.g.Expect(err).NotTo(HaveOccurred())
	b.eventually(`document.querySelector("#rows .kind").textContent`, "Deleted")
	b.g.Expect(b.eval(`document.getElementById("quiet").hidden`)).To(BeTrue())
	b.g.Expect(b.eval(`document.getElementById("announcement").textContent`)).To(MatchRegexp(`^\d changes?$`))
}

func (b *browser) valueAppears() {
	b.g.Expect(b.eval(`document.querySelectorAll("pre").length`)).To(BeEquivalentTo(0))
	b.eval(`document.querySelector("button.show").click()`)
	b.eventually(`document.querySelector("pre")?.textContent.startsWith('{"user": "<b>Ada</b>"} ')`, true)
	b.g.Expect(b.eval(`document.querySelector("button.show").getAttribute("aria-expanded")`)).To(Equal("true"))
	b.g.Expect(b.eval(`document.querySelectorAll("b, wbr").length`)).To(BeEquivalentTo(0), "nothing of the store is markup")
}

// While the button says so, there is no stream.
func (b *browser) streamFollowsTheButton(s *mutexstore.Store[string, string]) {
	b.eval(`document.getElementById("pause").click()`)
	b.g.Expect(b.eval(`document.getElementById("status").textContent`)).To(Equal("Paused"))
	b.g.Expect(s.Set("paused", "", time.Hour)).To(Succeed())
	b.eval(`document.getElementById("pause").click()`)
	b.eventually(`document.getElementById("status").textContent`, "Live")
	b.g.Expect(s.Set("resumed", "", time.Hour)).To(Succeed())
	b.eventually(lastKey, "resumed")
	b.g.Expect(b.eval(`document.getElementById("rows").textContent.includes("paused")`)).To(BeFalse())
}
