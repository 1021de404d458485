package promcollector

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/lastmodstore/lastmodstore/replicated"
)

// HealthSource is the part of a [replicated.Store] that NewHealth reads.
type HealthSource interface {
	Health() replicated.Health
	Done() <-chan struct{}
}

// NewHealth returns a collector of the [replicated.Health] of a node, with names that
// begin with lastmodstore_replicated_ and the label store="name". Register it in addition
// to New.
//
// While lastmodstore_replicated_connected is 0, the node has been disconnected since
// lastmodstore_replicated_connection_changed_timestamp_seconds, and its lag does not grow:
// it cannot know what has been written meanwhile.
func NewHealth(name string, s HealthSource) prometheus.Collector {
	return newCollector("lastmodstore_replicated_", name, emitHealth, func() (replicated.Health, bool) {
		return s.Health(), isOpen(s.Done())
	})
}

func emitHealth(h replicated.Health, emit emitter) {
	emit(gauge, "position", float64(h.Position), "Sequence number of the message of the log that was applied last.")
	emit(gauge, "lag_messages", float64(h.Lag), "Messages that the log is known to hold beyond the position.")
	emit(gauge, "delay_seconds", h.Delay.Seconds(), "Time from when the log took the message applied last until this node had applied it.")
	emit(gauge, "stale", truth(h.Stale), "1 if the node was opened from its snapshot file and has not caught up with the log yet.")
	emit(gauge, "connected", truth(h.Connected), "1 if the node is connected to the log.")
	emit(gauge, "connection_changed_timestamp_seconds", unix(h.Since), "Unix time since when the node has been connected, or not; 0 before the first attempt.")
	emit(gauge, "clock_offset_seconds", h.ClockOffset.Seconds(), "By how much this machine's clock is ahead of that of the log's server, at least.")
	emit(gauge, "last_snapshot_position", float64(h.LastSnapshot), "Position of the latest snapshot that this node saved or loaded.")
	emit(gauge, "snapshot_failed", truth(h.SaveErr != nil), "1 if the latest attempt of this node to save a snapshot failed.")
	emit(gauge, "diverged", truth(errors.Is(h.Err, replicated.ErrDiverged)), "1 if the log is not the one that this node has followed, so that the store must be opened again.")
}

// unix returns t in seconds, or 0 for the zero time.
func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
