package main

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

// fenced is a fenced block of Markdown and its language.
var fenced = regexp.MustCompile("(?ms)^```(sh|go|text)\n(.*?)^```$")

// readme returns the blocks of the first steps: commands, program and output.
func readme(g Gomega) (commands, program, output string) {
	page, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	g.Expect(err).NotTo(HaveOccurred())
	blocks := fenced.FindAllStringSubmatch(string(page), -1)
	var languages []string
	for _, b := range blocks {
		languages = append(languages, b[1])
	}
	g.Expect(languages).To(Equal([]string{"sh", "go", "text"}))
	return blocks[0][2], blocks[1][2], blocks[2][2]
}

func TestReadmeProgramRunsAsItSays(t *testing.T) {
	g := NewWithT(t)
	commands, program, output := readme(g)
	top, err := filepath.Abs(filepath.Join("..", ".."))
	g.Expect(err).NotTo(HaveOccurred())

	const clone = "git clone URL-OF-THIS-REPOSITORY lastmodstore\n"
	g.Expect(commands).To(HavePrefix(clone))
	dir := t.TempDir()
	g.Expect(os.Symlink(top, filepath.Join(dir, "lastmodstore"))).To(Succeed())
	shell(t, dir, strings.TrimPrefix(commands, clone))

	hello := filepath.Join(dir, "hello")
	g.Expect(os.WriteFile(filepath.Join(hello, "main.go"), []byte(program), 0o644)).To(Succeed())
	g.Expect(shell(t, hello, "go vet . && go run .")).To(Equal(output))
	g.Expect(shell(t, hello, "gofmt -l .")).To(BeEmpty())
}

// shell runs a script in dir, with nothing but the module cache to take modules
// from, and returns its standard output.
func shell(t *testing.T, dir, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
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
