// Package nodes demonstrates a replicated store: three nodes on a cluster of three
// servers, whose leader is killed while all nodes write. The servers are processes of
// this program, so main must call servertest.Main first.
package nodes

import (
	"errors"
	"flag"
	"fmt"
	"time"
)

// Settings are what the command line sets.
type Settings struct {
	NATS, Name string
	Replicas   int
	Duration   time.Duration
}

// ownName is the name of the store on servers of this program.
const ownName = "example"

// Flags returns a set of the flags that set c.
func (c *Settings) Flags() *flag.FlagSet {
	flags := flag.NewFlagSet("nodes", flag.ContinueOnError)
	flags.StringVar(&c.NATS, "nats", "", "with -replicated, the `URL` of NATS servers with JetStream to use, instead of starting some")
	flags.StringVar(&c.Name, "name", "", "with -nats, the `name` of the store to join or create")
	flags.IntVar(&c.Replicas, "replicas", 3, "with -nats, on how many servers the log of a new store is kept: 1, 3 or 5")
	flags.DurationVar(&c.Duration, "duration", 3*time.Second, "with -replicated, how long the nodes write, without the election of a new leader")
	return flags
}

// Check returns an error if the settings do not go together.
func (c *Settings) Check() error {
	switch {
	case c.NATS != "" && c.Name == "":
		return errors.New("-nats needs -name, the store to join or create")
	case c.NATS == "" && c.Name != "":
		return errors.New("-name needs -nats, the servers that hold the store")
	case c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5:
		return fmt.Errorf("-replicas %d: use 1, 3 or 5", c.Replicas)
	case c.NATS == "" && c.Replicas != 3:
		return errors.New("-replicas needs -nats: this program starts three servers")
	case c.Duration <= 0 || c.Duration > 5*time.Minute:
		return fmt.Errorf("-duration %v: use more than 0 and at most 5m", c.Duration)
	}
	return nil
}
