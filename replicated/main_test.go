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
	goleak.VerifyTestMain(m)
}

// atLength returns n, or full with -long.
func atLength(n, full int) int {
	if *long {
		return full
	}
	return n
}
