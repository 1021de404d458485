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

// goroutinesOfBubble returns the number of goroutines in the caller's synctest bubble. All
// but the caller must be blocked: runtime.Stack sometimes misses one that is not.
// runtime.NumGoroutine also counts those with which the runtime runs finalizers and cleanups.
func goroutinesOfBubble() int {
	own := make([]byte, 128)
	own = own[:runtime.Stack(own, false)]
	_, bubble, found := strings.Cut(string(own), "synctest bubble ")
	if !found {
		panic("not in a synctest bubble: " + string(own))
	}
	bubble, _, _ = strings.Cut(bubble, "]")
	n := 0
	for _, stack := range stacks() {
		header, _, _ := strings.Cut(stack, "\n")
		if strings.Contains(header, "synctest bubble "+bubble+"]") {
			n++
		}
	}
	return n
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
