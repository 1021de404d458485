package migration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

// The page's names for a key, a value, a TTL and a capacity.
const (
	k = "k"
	v = 1
	d = time.Minute
	n = 2
)

// forever is what lasts returns for an entry that does not expire.
const forever = time.Hour

type (
	store = *mutexstore.Store[string, int]
	entry = lastmodstore.Entry[int]
)

// A row is a row of the page: their call, with the library's own type C, our call,
// and what the two return.
type row[C any] struct {
	theirs func(c C) any
	ours   func(s store) any
	results
}

type results struct{ theirResult, ourResult any }

func same(both any) results           { return results{both, both} }
func differ(theirs, ours any) results { return results{theirs, ours} }

// A library is a section of the page.
type library[C any] struct {
	heading string
	rowsVar string // the name of rows, for finding their source
	rows    []row[C]
	open    func() C
	close   func(C)
}

// test runs every row, each call in a bubble of its own.
func (l library[C]) test(t *testing.T) {
	page, code := pageRows(t, l.heading), sourceOf(t, l.rowsVar)
	g := NewWithT(t)
	g.Expect(page).To(HaveLen(len(l.rows)), "rows of the page's section on %s", l.heading)
	g.Expect(code).To(HaveLen(len(l.rows)))
	for i, r := range l.rows {
		t.Run(fmt.Sprintf("%d %s", i, strings.Join(page[i].theirs, " ")), func(t *testing.T) {
			page[i].checkAgainst(t, code[i], r.results)
			synctest.Test(t, func(t *testing.T) {
				c := l.open()
				defer l.close(c)
				NewWithT(t).Expect(r.theirs(c)).To(Equal(r.theirResult), "their result")
			})
			synctest.Test(t, func(t *testing.T) {
				s := mutexstore.New[string, int](0)
				defer s.Close()
				NewWithT(t).Expect(r.ours(s)).To(Equal(r.ourResult), "our result")
			})
		})
	}
}

// lasts returns for how long present returns true: it looks once a second, up to
// an hour.
func lasts(present func() bool) time.Duration {
	time.Sleep(time.Second / 2)
	age := time.Duration(0)
	for age < forever && present() {
		age += time.Second
		time.Sleep(time.Second)
	}
	return age
}

// kept returns for how long s has k.
func kept(s store) time.Duration {
	return lasts(func() bool { _, ok := s.Get(k); return ok })
}

// list collects what calls of its add method report, from any goroutine.
type list struct{ lines chan string }

func newList() list { return list{make(chan string, 100)} }

func (l list) add(parts ...any) { l.lines <- strings.TrimSpace(fmt.Sprintln(parts...)) }

// sorted waits until every goroutine of the bubble waits, and returns what was
// added so far, sorted.
func (l list) sorted() string {
	synctest.Wait()
	var all []string
	for {
		select {
		case line := <-l.lines:
			all = append(all, line)
		default:
			slices.Sort(all)
			return strings.Join(all, ", ")
		}
	}
}
