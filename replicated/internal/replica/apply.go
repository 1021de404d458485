package replica

import (
	"fmt"
	"time"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/internal/table"
	"github.com/lastmodstore/lastmodstore/internal/timeline"
	"github.com/lastmodstore/lastmodstore/replicated/internal/command"
)

// A decoded command is one with its keys and values.
type decoded[K comparable, V any] struct {
	command.Command
	key   K
	value V
	batch []table.Assignment[K, V]
}

// decode decodes all commands of a message.
func (r *Replica[K, V]) decode(commands []byte) (all []decoded[K, V], err error) {
	for size := len(commands); len(commands) > 0; {
		var d decoded[K, V]
		if d.Command, commands, err = command.Parse(commands); err != nil {
			return nil, err
		}
		if all == nil { // commands of one message are usually of about the same length
			all = make([]decoded[K, V], 0, size/(size-len(commands))+1)
		}
		if err = r.decodeOne(&d); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func (r *Replica[K, V]) decodeOne(d *decoded[K, V]) (err error) {
	if d.Op.HasKey() {
		if d.key, err = r.keys.Decode(d.Key); err != nil {
			return fmt.Errorf("its key: %w", err)
		}
	}
	if d.Op.HasValue() {
		if d.value, err = r.values.Decode(d.Value); err != nil {
			return fmt.Errorf("its value: %w", err)
		}
	}
	if d.Op != command.SetMany {
		return nil
	}
	d.batch = make([]table.Assignment[K, V], len(d.Pairs))
	for i, p := range d.Pairs {
		key, err := r.keys.Decode(p.Key)
		if err != nil {
			return fmt.Errorf("its key: %w", err)
		}
		value, err := r.values.Decode(p.Value)
		if err != nil {
			return fmt.Errorf("its value: %w", err)
		}
		d.batch[i] = table.NewAssignment(r.shard.Hash(key), key, value)
	}
	return nil
}

// applyCommands applies the commands of a message, unless they have been applied before.
func (r *Replica[K, V]) applyCommands(h command.Header, all []decoded[K, V]) Applied[V] {
	a := Applied[V]{Header: h}
	of := r.sessions.find(h.Session, r.now)
	if of == nil {
		a.Unknown = true
		return a
	}
	a.Machine = of.machine
	if of.raise(h.Floor); of.isRepeated(h.Number) {
		a.Repeated = true
		return a
	}
	a.Results = make([]Result[V], len(all))
	for i := range all {
		r.unsaved.Commands++
		a.Results[i] = r.apply(&all[i])
	}
	of.results[h.Number] = a.Results
	return a
}

func (r *Replica[K, V]) apply(d *decoded[K, V]) (result Result[V]) {
	ttl, since := time.Duration(d.TTL), time.Time{}
	if !d.Absent {
		since = time.Unix(0, d.Since)
	}
	switch s := r.Store; d.Op {
	case command.Set:
		result.Err = s.Set(d.key, d.value, ttl)
	case command.SetMany:
		if p := r.shard.StartSetMany(d.batch, ttl); p != nil {
			result.Err = p.Wait()
		}
	case command.SetUnmodified:
		result.Entry, result.OK, result.Err = s.SetIfUnmodifiedSince(d.key, d.value, ttl, since)
	case command.Add:
		result.Entry, result.Err = s.Add(d.key, d.value, ttl)
	case command.Touch:
		result.OK, result.Err = s.Touch(d.key, ttl)
	case command.Delete:
		result.OK, result.Err = s.Delete(d.key)
	case command.GetAndDelete:
		result.Entry, result.OK, result.Err = s.GetAndDelete(d.key)
	case command.DeleteUnmodified:
		result.OK, result.Err = s.DeleteIfUnmodifiedSince(d.key, since)
	case command.Merge:
		result.OK, result.Err = s.Merge(d.key, d.merged())
	case command.Clear:
		result.Err = s.Clear()
	case command.Sweep:
		result.N, result.OK = r.shard.SweepStep(int(d.Limit))
	case command.Saved:
		r.unsaved = Growth{}
	}
	return result
}

// merged returns the entry of a Merge.
func (d *decoded[K, V]) merged() lastmodstore.Entry[V] {
	e := lastmodstore.Entry[V]{Value: d.value, LastModified: time.Unix(0, d.Modified), TTL: time.Duration(d.TTL)}
	if d.Deadline != timeline.Never {
		e.ExpiresAt = time.Unix(0, d.Deadline)
	}
	return e
}
