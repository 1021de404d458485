package replicated

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

var long = flag.Bool("long", false, "run the checks at full length, as make test-long does")

func TestMain(m *testing.M) {
	servertest.Main()
	const server = "github.com/nats-io/nats-server/v2/server"
	goleak.VerifyTestMain(m, // a server that has been stopped leaves these running, or ends them later
		goleak.IgnoreTopFunction(server+".(*fileStore).flushStreamStateLoop"), goleak.IgnoreTopFunction(server+"/ats.Register.func1"))
}

// atLength returns n, or full with -long.
func atLength(n, full int) int {
	if *long {
		return full
	}
	return n
}
