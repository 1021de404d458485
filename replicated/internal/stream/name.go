package stream

import (
	"errors"
	"fmt"
	"strings"
)

// prefix begins the names of everything that a log uses on the server.
const prefix = "lastmodstore-"

// maxName bounds an encoded name. The server accepts 255 bytes for a stream, some of which are prefixes.
const maxName = 200

// encodeName returns name in the characters that streams, subjects and buckets all accept. Letters, digits and hyphens
// represent themselves, every other byte becomes an underscore and two hexadecimal digits, so no two names share an encoding.
func encodeName(name string) (string, error) {
	if name == "" {
		return "", errors.New("stream: a log needs a name")
	}
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; isPlain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02X", c)
		}
	}
	if b.Len() > maxName {
		return "", fmt.Errorf("stream: the name %.20q... is too long: %d bytes encoded, at most %d", name, b.Len(), maxName)
	}
	return b.String(), nil
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-'
}
