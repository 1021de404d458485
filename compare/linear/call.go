package linear

import (
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// call makes the call and returns what it returned.
func (c *client) call(in Input) (out Output) {
	var name string
	if len(in.Keys) > 0 {
		name = names[in.Keys[0]]
	}
	since := time.Time{}
	if in.Since != noTime {
		since = time.Unix(0, c.start.UnixNano()+in.Since)
	}
	switch in.Method {
	case GetAndDelete:
		var e lastmodstore.Entry[int]
		e, out.OK, out.Err = c.store.GetAndDelete(name)
		out.Seen = []*Seen{c.seen(e, out.OK)}
	case Add:
		var e lastmodstore.Entry[int]
		e, out.Err = c.store.Add(name, in.Value, in.TTL)
		out.Seen = []*Seen{c.seen(e, out.Err == nil)}
	case Update:
		e, err := lastmodstore.Update(c.store, name, func(old lastmodstore.Entry[int], _ bool) (int, time.Duration, error) {
			if in.refuses(old.Value) {
				out.Refused = old.Value
				return 0, 0, errRefused
			}
			return in.updated(old.Value), in.TTL, nil
		})
		out.Err = err
		out.Seen = []*Seen{c.seen(e, err == nil)}
	case Get:
		var value int
		value, out.OK = c.store.Get(name)
		out.Seen = []*Seen{{Value: value}}
	case GetEntry:
		var e lastmodstore.Entry[int]
		e, out.OK = c.store.GetEntry(name)
		out.Seen = []*Seen{c.seen(e, out.OK)}
	case GetMany:
		var asked []string
		for _, k := range in.Keys {
			asked = append(asked, names[k])
		}
		got := c.store.GetMany(asked)
		for _, name := range asked {
			e, ok := got[name]
			out.Seen = append(out.Seen, c.seen(e, ok))
		}
	case Set:
		out.Err = c.store.Set(name, in.Value, in.TTL)
	case SetMany:
		values := map[string]int{}
		for i, k := range in.Keys {
			values[names[k]] = in.Value + i
		}
		out.Err = c.store.SetMany(values, in.TTL)
	case SetIfUnmodifiedSince:
		var e lastmodstore.Entry[int]
		e, out.OK, out.Err = c.store.SetIfUnmodifiedSince(name, in.Value, in.TTL, since)
		out.Seen = []*Seen{c.seen(e, e != lastmodstore.Entry[int]{})}
	case Touch:
		out.OK, out.Err = c.store.Touch(name, in.TTL)
	case Delete:
		out.OK, out.Err = c.store.Delete(name)
	case DeleteIfUnmodifiedSince:
		out.OK, out.Err = c.store.DeleteIfUnmodifiedSince(name, since)
	case Cleanup:
		c.store.Cleanup()
	case Clear:
		out.Err = c.store.Clear()
	case Close:
		out.Err = c.store.Close()
	}
	return out
}

func (c *client) seen(e lastmodstore.Entry[int], ok bool) *Seen {
	if !ok {
		return nil
	}
	seen := &Seen{e.Value, e.LastModified.UnixNano() - c.start.UnixNano(), never}
	if !e.ExpiresAt.IsZero() {
		seen.Deadline = e.ExpiresAt.UnixNano() - c.start.UnixNano()
	}
	return seen
}
