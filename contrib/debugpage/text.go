package debugpage

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxLabel is how many bytes of a key are shown.
const maxLabel = 200

// A label is a key as it is shown. Text is quoted as in Go if it is not plain, so that
// invalid UTF-8, control characters and spaces at the ends are seen.
type label struct {
	Text string `json:"text"`
	Note string `json:"note,omitempty"` // the length of a key that was cut
	Type string `json:"type,omitempty"` // of a key in an interface
}

func newLabel(key string) label {
	shown := cutAt(key, maxLabel)
	l := label{Text: key[:shown]}
	if !isPlain(l.Text) {
		l.Text = strconv.Quote(l.Text)
	}
	if shown < len(key) {
		l.Note = fmt.Sprintf("… cut, %s bytes", grouped(uint64(len(key))))
	}
	return l
}

// isPlain reports whether s can be shown as it is.
func isPlain(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && strconv.Quote(s) == `"`+s+`"`
}

// cutAt returns the length of the longest prefix of s with at most n bytes that does not
// end within a character.
func cutAt(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return n // it is not UTF-8
}

// cut returns at most n bytes of s, and says so if there are more.
func cut(s string, n int) string {
	shown := cutAt(s, n)
	if shown == len(s) {
		return s
	}
	return fmt.Sprintf("%s\n… cut: %s of %s bytes are shown", s[:shown], grouped(uint64(shown)), grouped(uint64(len(s))))
}

// grouped returns n with a comma before each group of three digits.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// short returns d in its two largest units, such as "1h 30m".
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "−" + short(-max(d, -math.MaxInt64))
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	case d < 10*time.Second:
		return strconv.FormatFloat(float64(d/(100*time.Millisecond))/10, 'f', -1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return units(d, time.Minute, "m", time.Second, "s")
	case d < 24*time.Hour:
		return units(d, time.Hour, "h", time.Minute, "m")
	}
	return units(d, 24*time.Hour, "d", time.Hour, "h")
}

func units(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := grouped(uint64(d/large)) + largeName
	if n := d % large / small; n > 0 {
		text += fmt.Sprintf(" %d%s", n, smallName)
	}
	return text
}

// clock returns t as a time of day, to milliseconds.
func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// date returns t as a date and a time of day, to milliseconds.
func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

// exact returns t to the nanosecond.
func exact(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
