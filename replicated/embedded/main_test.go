package embedded_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/servertest"
)

func TestMain(m *testing.M) {
	servertest.Main()
	goleak.VerifyTestMain(m)
}
