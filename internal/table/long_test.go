package table

import "flag"

var long = flag.Bool("long", false, "run random tests at full length, as make test-long does")

// atLength returns n, or full with the flag -long.
func atLength(n, full int) int {
	if *long {
		return full
	}
	return n
}
