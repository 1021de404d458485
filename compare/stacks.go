package compare

import (
	"bytes"
	"runtime"
	"strings"
)

// stacks returns the stack of each goroutine by its number.
func stacks() map[string]string {
	buffer := make([]byte, 4<<20)
	all := map[string]string{}
	for _, stack := range bytes.Split(buffer[:runtime.Stack(buffer, true)], []byte("\n\n")) {
		fields := strings.Fields(string(stack))
		if len(fields) > 1 {
			all[fields[1]] = string(stack)
		}
	}
	return all
}

// goroutines returns the numbers of the goroutines that are running.
func goroutines() map[string]bool {
	all := map[string]bool{}
	for number := range stacks() {
		all[number] = true
	}
	return all
}

// mostStacks is how many stacks of a case that hangs are printed.
const mostStacks = 20

// newStacks returns the stacks of the goroutines that are not among before.
func newStacks(before map[string]bool) string {
	var text []string
	for number, stack := range stacks() {
		if !before[number] && len(text) < mostStacks {
			text = append(text, stack)
		}
	}
	return strings.Join(text, "\n\n")
}
