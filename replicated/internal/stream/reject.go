package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// Error codes of the server with which it refuses a message before storing it anywhere (jetstream_errors_generated.go there).
const (
	codeAccountLimit = 10002
	codeServerLimit  = 10023
	codeMemoryLimit  = 10028
	codeStorageLimit = 10047
	codeTooLarge     = 10054
	codeStoreFailed  = 10077 // with the limit in words
	codeSealed       = 10109
)

// rejection returns why the log did not store a message, or nil if the reply does not say so for certain. A leader that fails
// while it applies what the others have already agreed on also responds with an error; that message may be stored all the same.
func rejection(m *nats.Msg) error {
	if len(m.Data) == 0 {
		if m.Header.Get("Status") == "503" {
			return ErrNoResponders
		}
		return nil
	}
	if !bytes.Contains(m.Data, []byte(`"error"`)) {
		return nil
	}
	var reply struct{ Error *refusal }
	if json.Unmarshal(m.Data, &reply) != nil || reply.Error == nil {
		return nil
	}
	return reply.Error.certain()
}

// refusal is the error in a server's reply.
type refusal struct {
	Code        int    `json:"err_code"`
	Description string `json:"description"`
}

func (r *refusal) certain() error {
	switch r.Code {
	case codeTooLarge:
		return r.wrap(ErrTooLarge)
	case codeAccountLimit, codeServerLimit, codeMemoryLimit, codeStorageLimit:
		return r.wrap(ErrLimit)
	case codeSealed:
		return errors.New("stream: " + r.Description)
	case codeStoreFailed:
		return r.storeFailed()
	}
	return nil
}

func (r *refusal) storeFailed() error {
	switch {
	case strings.HasPrefix(r.Description, "maximum "): // bytes, messages
		return r.wrap(ErrLimit)
	case r.Description == "message too large":
		return r.wrap(ErrTooLarge)
	}
	return nil
}

func (r *refusal) wrap(err error) error { return fmt.Errorf("%w: %s (%d)", err, r.Description, r.Code) }
