package stream

import (
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// ackPrefix begins the reply subject of every message that a consumer delivers. The rest of that subject says where the message
// is from.
const ackPrefix = "$JS.ACK."

// position is where a delivered message is from.
type position struct {
	stream, consumer string
	stored           uint64 // its sequence in the stream
	delivered        uint64 // its sequence among those delivered by the consumer
	time             int64
	pending          uint64 // how many more the stream has
}

// parsePosition parses a reply subject. There are two forms:
//
//	$JS.ACK.<stream>.<consumer>.<times delivered>.<stored>.<delivered>.<time>.<pending>
//	$JS.ACK.<domain>.<account hash>.<stream>.<consumer>.<times delivered>.<stored>.<delivered>.<time>.<pending>[.<token>]
func parsePosition(reply string) (position, bool) {
	var tokens [13]string
	n := 0
	for token := range strings.SplitSeq(reply, ".") {
		if n == len(tokens) {
			return position{}, false
		}
		tokens[n] = token
		n++
	}
	switch {
	case n == 9:
		return parseTokens(tokens[2:9])
	case n >= 11:
		return parseTokens(tokens[4:11])
	}
	return position{}, false
}

func parseTokens(t []string) (p position, ok bool) {
	p.stream, p.consumer = t[0], t[1]
	var errs [4]error
	p.stored, errs[0] = strconv.ParseUint(t[3], 10, 64)
	p.delivered, errs[1] = strconv.ParseUint(t[4], 10, 64)
	p.time, errs[2] = strconv.ParseInt(t[5], 10, 64)
	p.pending, errs[3] = strconv.ParseUint(t[6], 10, 64)
	return p, errs == [4]error{}
}

// parseHeartbeat returns what the consumer has delivered so far, and up to which message of the stream, and reports whether m is
// a heartbeat.
func parseHeartbeat(m *nats.Msg) (delivered, stored uint64, ok bool) {
	delivered, err1 := strconv.ParseUint(m.Header.Get("Nats-Last-Consumer"), 10, 64)
	stored, err2 := strconv.ParseUint(m.Header.Get("Nats-Last-Stream"), 10, 64)
	return delivered, stored, err1 == nil && err2 == nil
}
