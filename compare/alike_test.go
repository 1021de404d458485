package compare_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/compare"
)

// 16: both engines answer every sequence of calls alike. They share a table, so
// this finds what they do differently with it, and no fault of the table.
func TestEnginesAnswerAlike(t *testing.T) {
	options := map[string][]lastmodstore.Option{
		"unbounded": {lastmodstore.CountReads()},
		"evicting":  {lastmodstore.MaxEntries(8)},
		"rejecting": {lastmodstore.MaxEntries(8), lastmodstore.RejectWhenFull()},
	}
	for name, opts := range options {
		for seed := range uint64(10) {
			t.Run(fmt.Sprintf("%s/seed=%d", name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { answerAlike(t, seed, opts) })
			})
		}
	}
}

func answerAlike(t *testing.T, seed uint64, opts []lastmodstore.Option) {
	var stores []lastmodstore.Store[string, int]
	start := time.Now()
	for _, e := range compare.Engines() {
		s := e.Strings(0, opts...)
		defer s.Close()
		stores = append(stores, s)
	}
	for step := range 2000 {
		var answers []string
		for _, s := range stores {
			// Each engine gets the same random numbers.
			answers = append(answers, randomCall(s, rand.New(rand.NewPCG(seed, uint64(step))), start))
		}
		for i, answer := range answers {
			if answer != answers[0] {
				t.Fatalf("step %d: %s answers\n%s\nand %s\n%s", step,
					compare.Engines()[0].Name, answers[0], compare.Engines()[i].Name, answer)
			}
		}
		if r := rand.New(rand.NewPCG(seed, uint64(step)<<32)); r.IntN(4) == 0 {
			time.Sleep(time.Duration(r.IntN(5)))
		}
	}
}

// randomCall makes one call and writes down all that it answered.
func randomCall(s lastmodstore.Store[string, int], r *rand.Rand, start time.Time) string {
	key, value := fmt.Sprint(r.IntN(16)), r.Int()
	ttl := []time.Duration{lastmodstore.NoExpiry, lastmodstore.KeepTTL, 1, 5, 20, -7}[r.IntN(6)]
	at := start.Add(time.Duration(r.IntN(2000)))
	switch r.IntN(15) {
	case 0:
		v, ok := s.Get(key)
		return fmt.Sprint("Get ", v, ok)
	case 1:
		e, ok := s.GetEntry(key)
		return fmt.Sprint("GetEntry ", show(e, start), ok)
	case 2:
		got := s.GetMany([]string{key, "1", "2"})
		shown := map[string]string{}
		for k, e := range got {
			shown[k] = show(e, start)
		}
		return fmt.Sprint("GetMany ", shown)
	case 3:
		return fmt.Sprint("Set ", s.Set(key, value, ttl))
	case 4: // of one key: the order within a batch is nobody's promise
		return fmt.Sprint("SetMany ", s.SetMany(map[string]int{key: value}, ttl))
	case 5:
		e, ok, err := s.SetIfUnmodifiedSince(key, value, ttl, at)
		return fmt.Sprint("SetIf ", show(e, start), ok, err)
	case 6:
		e, ok, err := lastmodstore.SetIfAbsent(s, key, value, ttl)
		return fmt.Sprint("SetIfAbsent ", show(e, start), ok, err)
	case 7:
		ok, err := s.Touch(key, ttl)
		return fmt.Sprint("Touch ", ok, err)
	case 8:
		ok, err := s.Delete(key)
		return fmt.Sprint("Delete ", ok, err)
	case 9:
		ok, err := s.DeleteIfUnmodifiedSince(key, at)
		return fmt.Sprint("DeleteIf ", ok, err)
	case 10:
		ok, err := s.Merge(key, lastmodstore.Entry[int]{Value: value, LastModified: at, TTL: 9, ExpiresAt: at.Add(9)})
		return fmt.Sprint("Merge ", ok, err)
	case 11:
		return fmt.Sprint("Cleanup ", s.Cleanup(), s.Len())
	case 12:
		all := maps.Collect(s.All())
		return fmt.Sprint("All ", len(all), show(all[key], start))
	case 13:
		changes := ""
		for k, e := range s.ModifiedSince(at) {
			changes += k + show(e, start)
		}
		return "ModifiedSince " + changes
	default:
		if r.IntN(20) == 0 {
			return fmt.Sprint("Clear ", s.Clear())
		}
		stats := s.Stats()
		stats.LongestSweepStep = 0
		return fmt.Sprintf("Stats %+v", stats)
	}
}

// show writes e's times as nanoseconds from start.
func show(e lastmodstore.Entry[int], start time.Time) string {
	if e.LastModified.IsZero() {
		return "none "
	}
	expires := "never"
	if !e.ExpiresAt.IsZero() {
		expires = fmt.Sprint(int64(e.ExpiresAt.Sub(start)))
	}
	return fmt.Sprint(e.Value, "@", int64(e.LastModified.Sub(start)), "/", int64(e.TTL), "/", expires, " ")
}
