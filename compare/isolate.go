package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// childVariable holds, in a process that runs a single case, the name of the
// subtest.
const childVariable = "LASTMODSTORE_COMPARE_CASE"

func isChild() bool { return os.Getenv(childVariable) != "" }

// isChildFor reports whether this process runs c, a case of the group t.
func isChildFor(t *testing.T, c testCase) bool {
	return os.Getenv(childVariable) == t.Name()+"/"+subtestName(c.name)
}

// subtestName is what package testing makes of the name of a subtest.
func subtestName(name string) string { return strings.ReplaceAll(name, " ", "_") }

// tryInChild runs the case of t in a process of its own and returns its failure,
// or why it skipped itself.
func (r *runner) tryInChild(t *testing.T) string {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), overall*r.limit+whenFailed)
	defer cancel()
	child := exec.CommandContext(ctx, self, childArguments(t.Name())...)
	child.Env = append(os.Environ(), childVariable+"="+t.Name())
	child.WaitDelay = time.Second
	out, err := child.CombinedOutput()
	switch ended := func(how string) bool { return bytes.Contains(out, []byte("--- "+how+": "+t.Name()+" (")) }; {
	case err != nil:
	case ended("PASS"):
		return ""
	case ended("SKIP"):
		return skipReason(out)
	default:
		err = errNotRun
	}
	message := fmt.Sprintf("%v\n%s", err, out)
	t.Error(message)
	return childFailure(out, err)
}

var errNotRun = errors.New("the case did not run in its own process: the test that calls Run must have one name in every process")

// childArguments are the arguments of this process, except those for package
// testing, and those that run the subtest of this name alone.
func childArguments(name string) (args []string) {
	elements := strings.Split(name, "/")
	for i, element := range elements {
		elements[i] = "^" + regexp.QuoteMeta(element) + "$"
	}
	args = []string{"-test.run", strings.Join(elements, "/"), "-test.v", "-test.timeout=0"}
	for _, arg := range os.Args[1:] {
		if !strings.HasPrefix(arg, "-test.") {
			args = append(args, arg)
		}
	}
	return args
}

// skipLine precedes, in the output of a process that runs a single case, the
// reason why the case skipped itself.
var skipLine = regexp.MustCompile(`(?m)^\s+run\.go:\d+: (.*)$`)

// skipReason returns why the case skipped itself.
func skipReason(out []byte) string {
	if m := skipLine.FindSubmatch(out); m != nil {
		return string(m[1])
	}
	return "skipped"
}

// failureLine is a line that says what is wrong.
var failureLine = regexp.MustCompile(`(?m)^(panic: .*|fatal error: .*|\s+\w+\.go:\d+: .*)$`)

func childFailure(out []byte, err error) string {
	if m := failureLine.Find(out); m != nil {
		return strings.TrimSpace(string(m))
	}
	return err.Error()
}
