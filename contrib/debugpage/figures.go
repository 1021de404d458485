package debugpage

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lastmodstore/lastmodstore"
)

// A figure is one of a store's statistics as it is shown.
type figure struct {
	Name  string `json:"name"`
	Label string `json:"-"`
	Value string `json:"value"`
	Rate  string `json:"rate,omitempty"` // per second
}

// figures returns the fields of stats, whichever there are, and the hit ratio.
func figures(stats lastmodstore.Stats) []figure {
	var all []figure
	for i, field := range reflect.VisibleFields(reflect.TypeOf(stats)) {
		value := reflect.ValueOf(stats).Field(i)
		all = append(all, figure{Name: field.Name, Label: words(field.Name), Value: number(value)})
	}
	ratio := "–"
	if reads := stats.Hits + stats.Misses; reads > 0 {
		ratio = fmt.Sprintf("%.1f %%", 100*float64(stats.Hits)/float64(reads))
	}
	return append(all, figure{Name: "HitRatio", Label: "Hit ratio", Value: ratio})
}

// words returns a field's name as words: LongestSweepStep becomes "Longest sweep step".
func words(name string) string {
	var b strings.Builder
	for i, c := range name {
		switch {
		case i == 0:
			b.WriteRune(c)
		case unicode.IsUpper(c):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(c))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func number(v reflect.Value) string {
	switch d, isDuration := v.Interface().(time.Duration); {
	case isDuration:
		return short(d)
	case v.CanUint():
		return grouped(v.Uint())
	case v.CanInt() && v.Int() >= 0:
		return grouped(uint64(v.Int()))
	}
	return fmt.Sprint(v.Interface())
}

// A sample is a store's statistics at one instant.
type sample struct {
	at    time.Time
	stats lastmodstore.Stats
}

// samples are the latest ones of a stream, oldest first.
type samples []sample

// rateSamples is over how many samples a rate is taken: 5 seconds.
const rateSamples = int(5 * time.Second / interval)

// add adds a sample and returns the figures, with the rates of those that count.
func (s *samples) add(now time.Time, stats lastmodstore.Stats) []figure {
	all := figures(stats)
	if len(*s) > 0 {
		addRates(all, (*s)[0], sample{now, stats})
	}
	if len(*s) == rateSamples {
		*s = append((*s)[:0], (*s)[1:]...)
	}
	*s = append(*s, sample{now, stats})
	return all
}

func addRates(all []figure, from, to sample) {
	seconds := to.at.Sub(from.at).Seconds()
	before, after := reflect.ValueOf(from.stats), reflect.ValueOf(to.stats)
	for i := range after.NumField() {
		if after.Field(i).Kind() != reflect.Uint64 || seconds <= 0 {
			continue
		}
		if delta := int64(after.Field(i).Uint() - before.Field(i).Uint()); delta >= 0 {
			all[i].Rate = perSecond(float64(delta) / seconds)
		}
	}
}

func perSecond(rate float64) string {
	if rate == 0 || rate >= 10 {
		return grouped(uint64(rate)) + "/s"
	}
	return strconv.FormatFloat(rate, 'f', 1, 64) + "/s"
}
