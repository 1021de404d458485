// Package servertest runs a cluster of NATS servers, each in a process of its own, so that they can be killed, frozen and
// restarted. The processes are copies of the running program, which must call [Main] first thing:
//
//	func TestMain(m *testing.M) {
//		servertest.Main()
//		goleak.VerifyTestMain(m)
//	}
package servertest

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/lastmodstore/lastmodstore/replicated/embedded/internal/node"
)

// variable is the environment variable that turns the program into a server. It holds the server's configuration.
const variable = "LASTMODSTORE_SERVERTEST"

// ready is what a server prints when it accepts connections.
const ready = "ready\n"

// Main runs a server and does not return if the program was started as one. Otherwise it does nothing.
func Main() {
	text, ok := os.LookupEnv(variable)
	if !ok {
		return
	}
	if err := serve(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve runs a server until standard input ends, as it does when the process at the other end has died.
func serve(text string) error {
	var c node.Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return fmt.Errorf("servertest: %s: %w", variable, err)
	}
	s, err := node.Start(c)
	if err != nil {
		return err
	}
	defer node.Stop(s)
	if _, err := io.WriteString(os.Stdout, ready); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
