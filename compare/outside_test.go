package compare_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

// An engine of another module goes through the suite: that of testdata/outside, which
// README.md shows, in a module that gets everything from this checkout and the module
// cache.
func TestEngineOutsideTheModule(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	g.Expect(os.CopyFS(dir, os.DirFS("testdata/outside"))).To(Succeed())
	sums, err := os.ReadFile("../go.sum")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600)).To(Succeed())
	checkout, err := filepath.Abs("..")
	g.Expect(err).NotTo(HaveOccurred())
	for _, args := range [][]string{
		{"mod", "init", "example.com/tiny"},
		{"mod", "edit", "-require=github.com/lastmodstore/lastmodstore@v0.0.0", "-replace=github.com/lastmodstore/lastmodstore=" + checkout},
		{"vet", "."},
		{"test", "-v", "."},
	} {
		command := exec.Command("go", args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := command.CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(out))
		if args[0] == "test" {
			g.Expect(string(out)).To(MatchRegexp(`tiny: \d+ cases passed, 0 failed, \d+ skipped`))
		}
	}
}

func TestReadmeShowsTheEngineThatIsTested(t *testing.T) {
	g := NewWithT(t)
	readme, err := os.ReadFile("README.md")
	g.Expect(err).NotTo(HaveOccurred())
	for _, name := range []string{"tiny.go", "tiny_test.go"} {
		source, err := os.ReadFile(filepath.Join("testdata/outside", name))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(readme)).To(ContainSubstring("```go\n" + string(source) + "```\n"))
	}
}
