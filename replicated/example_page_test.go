package replicated_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// fenced is a fenced block of Markdown and its language. Go that imports NATS has the
// language golang, as the module that compiles the blocks of all pages does not have it.
var fenced = regexp.MustCompile("(?ms)^```(sh|golang)\n(.*?)^```$")

// The first steps of docs/replicated.md work as they are written.
func TestPageProgramRunsAsItSays(t *testing.T) {
	g := NewWithT(t)
	top, err := filepath.Abs("..")
	g.Expect(err).NotTo(HaveOccurred())
	page, err := os.ReadFile(filepath.Join(top, "docs", "replicated.md"))
	g.Expect(err).NotTo(HaveOccurred())
	blocks := fenced.FindAllStringSubmatch(string(page), -1)
	g.Expect(blocks).To(HaveLen(3))
	commands, program := blocks[0][2], blocks[1][2]

	const clone = "git clone URL-OF-THIS-REPOSITORY lastmodstore\n"
	g.Expect(commands).To(HavePrefix(clone))
	dir := t.TempDir()
	g.Expect(os.Symlink(top, filepath.Join(dir, "lastmodstore"))).To(Succeed())
	run(t, dir, strings.TrimPrefix(commands, clone))
	visits := filepath.Join(dir, "visits")
	g.Expect(os.WriteFile(filepath.Join(visits, "main.go"), []byte(program), 0o644)).To(Succeed())
	run(t, visits, "go mod tidy && go vet .")
	g.Expect(run(t, visits, "gofmt -l .")).To(BeEmpty())
	g.Expect(run(t, visits, "go run .")).To(HavePrefix("run 1 of this day"))
	g.Expect(run(t, visits, "go run .")).To(HavePrefix("run 2 of this day"))
}

// run runs a script in dir, with nothing but the module cache to take modules from, and
// returns its standard output.
func run(t *testing.T, dir, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-e", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off")
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), "%s\n%s", script, &errors)
	return string(out)
}
