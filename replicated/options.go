package replicated

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/lastmodstore/lastmodstore"
)

// An Option configures a store or, where it says so, only this node of it. The options
// of a store are recorded when it is created. A node that opens it with others gets
// [ErrIncompatible].
type Option func(*options)

type options struct {
	// Of the store.
	replicas     int
	inMemory     bool
	maxBytes     int64
	cleanup      time.Duration
	maxEntries   int
	reject       bool
	removalLog   int
	saveEvery    int
	keys, values lastmodstore.Codec

	// Of the node.
	timeout    time.Duration
	countReads bool
	file       string
	clock      func() time.Time // set by tests
	machine    uint64           // whose clock that is; set by tests
}

func newOptions(opts []Option) options {
	o := options{
		replicas:   1,
		cleanup:    time.Second,
		removalLog: lastmodstore.ApplyOptions().RemovalLog,
		saveEvery:  100_000,
		keys:       lastmodstore.JSON,
		values:     lastmodstore.JSON,
		timeout:    10 * time.Second,
		clock:      time.Now,
		machine:    thisMachine(),
	}
	for _, apply := range opts {
		apply(&o)
	}
	return o
}

// Replicas sets on how many servers the store's log is kept: 1, 3 or 5. With 3, it
// survives the loss of one of them. The default is 1.
func Replicas(n int) Option {
	if n != 1 && n != 3 && n != 5 {
		panic(fmt.Sprintf("replicated: Replicas(%d): use 1, 3 or 5", n))
	}
	return func(o *options) { o.replicas = n }
}

// InMemory keeps the log in the servers' memory. It is lost when they all stop. The
// default is to keep it in files.
func InMemory() Option { return func(o *options) { o.inMemory = true } }

// MaxBytes limits the size of the log. When it is reached, writes return
// [ErrUnavailable] until a snapshot has been saved and the log trimmed. The default is
// no limit but that of the servers.
func MaxBytes(n int64) Option {
	if n <= 0 {
		panic(fmt.Sprintf("replicated: MaxBytes(%d): the limit must be positive; omit the option for no limit", n))
	}
	return func(o *options) { o.maxBytes = n }
}

// CleanupInterval sets how often the nodes sweep: an expired entry is removed within d
// of its deadline, while the log can be written. With 0, only Cleanup and writes of the
// same key remove it. The default is a second.
func CleanupInterval(d time.Duration) Option {
	if d < 0 {
		panic(fmt.Sprintf("replicated: CleanupInterval(%v): use 0 for no cleanup", d))
	}
	return func(o *options) { o.cleanup = d }
}

// Limits sets the store's capacity and removal log by the options of package
// lastmodstore: MaxEntries, RejectWhenFull and RemovalLog. Since reads are local, they
// do not influence which entry is evicted: that is the least recently modified one.
// CountReads counts the reads of this node. Limits panics on MaxWeight: the nodes would
// have to agree on the result of each other's weighers.
func Limits(opts ...lastmodstore.Option) Option {
	s := lastmodstore.ApplyOptions(opts...)
	if s.MaxWeight > 0 {
		panic("replicated: Limits: a replicated store has no MaxWeight: limit it by MaxEntries")
	}
	return func(o *options) {
		o.maxEntries, o.reject, o.removalLog, o.countReads = s.MaxEntries, s.RejectWhenFull, s.RemovalLog, s.CountReads
	}
}

// SaveEvery sets after how many commands a snapshot is saved, and the log trimmed. The
// default is 100,000. That also happens when the log has grown by 64 MiB, or by a
// quarter of MaxBytes.
func SaveEvery(commands int) Option {
	if commands <= 0 {
		panic(fmt.Sprintf("replicated: SaveEvery(%d): the number must be positive", commands))
	}
	return func(o *options) { o.saveEvery = commands }
}

// Codecs sets how keys and values are encoded that are not of a basic type or []byte.
// The default is [lastmodstore.JSON] for both.
func Codecs(keys, values lastmodstore.Codec) Option {
	return func(o *options) { o.keys, o.values = keys, values }
}

// Timeout sets how long a write of this node waits for its result. The default is 10
// seconds.
func Timeout(d time.Duration) Option {
	if d <= 0 || d > time.Minute {
		panic(fmt.Sprintf("replicated: Timeout(%v): use more than 0 and at most a minute", d))
	}
	return func(o *options) { o.timeout = d }
}

// maxUnsaved is the number of bytes by which a log grows before a snapshot is saved.
const maxUnsaved = 64 << 20

// saveBytes returns by how many bytes the log may grow before a snapshot is saved.
func (o *options) saveBytes() int64 {
	if o.maxBytes > 0 {
		return min(maxUnsaved, o.maxBytes/4)
	}
	return maxUnsaved
}

// settings returns what is recorded in the log.
func (o *options) settings(keys, values string) map[string]string {
	return map[string]string{
		"lastmodstore-format":      "1",
		"lastmodstore-keys":        keys,
		"lastmodstore-values":      values,
		"lastmodstore-replicas":    strconv.Itoa(o.replicas),
		"lastmodstore-memory":      strconv.FormatBool(o.inMemory),
		"lastmodstore-max-bytes":   strconv.FormatInt(o.maxBytes, 10),
		"lastmodstore-cleanup":     o.cleanup.String(),
		"lastmodstore-max-entries": strconv.Itoa(o.maxEntries),
		"lastmodstore-reject":      strconv.FormatBool(o.reject),
		"lastmodstore-removal-log": strconv.Itoa(o.removalLog),
		"lastmodstore-save-every":  strconv.Itoa(o.saveEvery),
	}
}

// checkSettings returns ErrIncompatible, with the first difference, if a store that
// was created with got is not the one that want describes.
func checkSettings(want, got map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value := want[name]; got[name] != value {
			return fmt.Errorf("%w: %s is %q, not %q", ErrIncompatible, name, got[name], value)
		}
	}
	return nil
}

// engineOptions returns the options of the local replica.
func (o *options) engineOptions() []lastmodstore.Option {
	opts := []lastmodstore.Option{lastmodstore.RemovalLog(o.removalLog)}
	if o.maxEntries > 0 {
		opts = append(opts, lastmodstore.MaxEntries(o.maxEntries))
	}
	if o.reject {
		opts = append(opts, lastmodstore.RejectWhenFull())
	}
	if o.countReads {
		opts = append(opts, lastmodstore.CountReads())
	}
	return opts
}
