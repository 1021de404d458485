package oracle

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing/synctest"

	"github.com/lastmodstore/lastmodstore"
)

// methods are what a Call's Method stands for. Those that show more are there twice.
var methods = []string{
	"nothing", "advance", "advance", "Get", "GetEntry", "GetLastModified", "GetMany", "All", "ModifiedSince",
	"Set", "Set", "Set", "SetMany", "SetIfUnmodifiedSince", "SetIfUnmodifiedSince", "Touch", "Touch",
	"Delete", "DeleteIfUnmodifiedSince", "Merge", "Merge", "Cleanup",
	"Add", "GetAndDelete", "GetIfModifiedSince", "SetIfAbsent", "Watch", "Watch", "DeleteFunc",
}

func (c Call) name() string {
	switch { // rarely: they leave little to compare
	case c.Method == 254:
		return "Clear"
	case c.Method == 255 && c.Key == 255:
		return "Close"
	}
	return methods[int(c.Method)%len(methods)]
}

// step makes call c on both and returns what they returned.
func (d *driver[K]) step(c Call) (name, got, want string) {
	name = c.name()
	switch name {
	case "advance":
		return name, d.advance(c), ""
	case "SetMany":
		got, want = d.setMany(c)
	case "DeleteFunc":
		got, want = d.deleteFunc(c)
	case "Clear":
		got, want = d.both(name, c)
		d.mustResync = d.mustResync || !d.replica.at.IsZero()
	case "Watch":
		if d.oracle.loose != nil {
			got, want = d.follow(c)
			break
		}
		got, want = d.both(name, c)
	default:
		got, want = d.both(name, c)
	}
	return fmt.Sprintf("%s of %v, %+v", name, d.key(c), c), got, want
}

// deleteFunc removes the entries with some values, on the oracle in the engine's order.
func (d *driver[K]) deleteFunc(c Call) (got, want string) {
	selects := func(e lastmodstore.Entry[int]) bool { return (e.Value+int(c.Value))%4 == 0 }
	var order []K
	got = fmt.Sprint(lastmodstore.DeleteFunc(d.engine, func(key K, e lastmodstore.Entry[int]) bool {
		order = append(order, key)
		return selects(e)
	}))
	return got, fmt.Sprint(lastmodstore.DeleteFunc(ordered[K]{d.oracle, order}, func(_ K, e lastmodstore.Entry[int]) bool {
		return selects(e)
	}))
}

// An ordered oracle lists its entries in the order of keys.
type ordered[K comparable] struct {
	*Oracle[K, int]
	keys []K
}

func (o ordered[K]) All() iter.Seq2[K, lastmodstore.Entry[int]] {
	held := maps.Collect(o.Oracle.All())
	return func(yield func(K, lastmodstore.Entry[int]) bool) {
		for _, key := range o.keys {
			if e, ok := held[key]; ok && !yield(key, e) {
				return
			}
			delete(held, key)
		}
		for key, e := range held { // which the engine has not listed
			if !yield(key, e) {
				return
			}
		}
	}
}

func (d *driver[K]) key(c Call) K { return d.keys[int(c.Key)%len(d.keys)] }

// setMany sets consecutive keys. The engine chooses the order within a batch.
func (d *driver[K]) setMany(c Call) (got, want string) {
	n := int(c.Value) % 8
	values := map[K]int{}
	for i := range n {
		values[d.keys[(int(c.Key)+i)%len(d.keys)]] = int(c.Value) + i
	}
	ttl := d.ttl(c)
	if d.oracle.bounded() && ttl > 0 {
		ttl = lastmodstore.NoExpiry // a batch has one deadline: see ttl
	}
	synctest.Wait()
	before := len(d.got)
	got = fmt.Sprint(d.engine.SetMany(values, ttl))
	synctest.Wait()
	var expired []K
	for _, r := range d.got[before:] {
		expired = append(expired, r.key)
	}
	var order []K
	for key := range values {
		order = append(order, key)
	}
	slices.SortFunc(order, func(a, b K) int { return d.engineStamp(a).Compare(d.engineStamp(b)) })
	return got, fmt.Sprint(d.oracle.SetInOrder(order, expired, values, ttl))
}

// call makes one call on s and returns its results as text.
func (d *driver[K]) call(s lastmodstore.Store[K, int], name string, c Call) string {
	key, value, ttl := d.key(c), int(c.Value), d.ttl(c)
	switch name {
	case "nothing":
		return ""
	case "Get":
		v, ok := s.Get(key)
		return fmt.Sprint(v, ok)
	case "GetEntry":
		e, ok := s.GetEntry(key)
		return fmt.Sprint(d.show(key, e), ok)
	case "GetLastModified":
		at, ok := s.GetLastModified(key)
		return fmt.Sprint(at.UnixNano(), ok)
	case "GetMany":
		return d.list(maps.All(s.GetMany([]K{key, d.keys[value%len(d.keys)], key})), false)
	case "All":
		return d.list(s.All(), false)
	case "ModifiedSince":
		return d.list(s.ModifiedSince(d.time(c)), true)
	case "Set":
		return fmt.Sprint(s.Set(key, value, ttl))
	case "SetIfUnmodifiedSince":
		e, ok, err := s.SetIfUnmodifiedSince(key, value, ttl, d.time(c))
		return fmt.Sprint(d.show(key, e), ok, err)
	case "Add":
		e, err := s.Add(key, value, ttl)
		return fmt.Sprint(d.show(key, e), err)
	case "GetAndDelete":
		e, ok, err := s.GetAndDelete(key)
		return fmt.Sprint(d.show(key, e), ok, err)
	case "Touch":
		return fmt.Sprint(s.Touch(key, ttl))
	case "Delete":
		return fmt.Sprint(s.Delete(key))
	case "DeleteIfUnmodifiedSince":
		return fmt.Sprint(s.DeleteIfUnmodifiedSince(key, d.time(c)))
	case "Merge":
		return fmt.Sprint(s.Merge(key, d.entry(c)))
	case "Cleanup":
		removed := s.Cleanup()
		if !d.oracle.bounded() {
			removed = 0 // see state
		}
		return fmt.Sprint(removed, " removed, left ", s.Len())
	case "Clear":
		return fmt.Sprint(s.Clear(), s.Len())
	case "Watch":
		return d.watch(s, d.time(c))
	case "Close":
		s.Cleanup() // see removals
		return fmt.Sprint(s.Close())
	default:
		return d.help(s, name, c)
	}
}

// help calls a helper of the root package.
func (d *driver[K]) help(s lastmodstore.Store[K, int], name string, c Call) string {
	key := d.key(c)
	switch name {
	case "GetIfModifiedSince":
		e, ok := lastmodstore.GetIfModifiedSince(s, key, d.time(c))
		return fmt.Sprint(d.show(key, e), ok)
	case "SetIfAbsent":
		e, ok, err := lastmodstore.SetIfAbsent(s, key, int(c.Value), d.ttl(c))
		return fmt.Sprint(d.show(key, e), ok, err)
	}
	panic("oracle: no method " + name)
}
