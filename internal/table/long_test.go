package table

import "flag"

var long = flag.Bool("long", false, "run the checks at full length, as make test-long does")

// atLength is n, or so much more as make test-long does.
func atLength(n, full int) int {
	if *long {
		return full
	}
	return n
}
