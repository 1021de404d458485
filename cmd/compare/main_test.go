package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

// call runs the program and returns its exit code and what it wrote.
func call(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var files [2]*os.File
	for i := range files {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	code = run(ctx, files[0], files[1], append([]string{"compare"}, args...))
	var texts [2]string
	for i, f := range files {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return code, texts[0], texts[1]
}

const canned = "result/testdata/canned.json"

func TestMisuseIsOneLineAndStatus2(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":       {[]string{"-fast"}, "flag provided but not defined: -fast; -h explains the flags"},
		"a word too many":    {[]string{"quick"}, `it takes no arguments but flags, and there is "quick"`},
		"no number":          {[]string{"-rounds", "many"}, `invalid value "many" for flag -rounds`},
		"negative rounds":    {[]string{"-rounds", "-1"}, "must not be negative"},
		"negative histories": {[]string{"-histories", "-2"}, "must not be negative"},
		"unknown engine":     {[]string{"-engines", "actor,axtor"}, `no engine is called "axtor"; there are: actor, mutex, actor x16`},
		"unknown workload":   {[]string{"-workloads", "mixt"}, `no workload is called "mixt"; there are: mixed, batch`},
		"no such folder":     {[]string{"-json", filepath.Join(dir, "none", "r.json")}, "r.json: no such file or directory"},
		"a folder as file":   {[]string{"-html", dir}, "it is a directory"},
		"no such result":     {[]string{"-from", filepath.Join(dir, "none.json")}, "none.json: no such file or directory"},
		"not a result":       {[]string{"-from", "go.mod"}, "go.mod: this is not a result of compare"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			code, stdout, stderr := call(t, context.Background(), c.args...)
			g.Expect(code).To(Equal(misused))
			g.Expect(stdout).To(BeEmpty())
			g.Expect(stderr).To(HavePrefix("compare: "))
			g.Expect(stderr).To(ContainSubstring(c.want))
			g.Expect(strings.Count(stderr, "\n")).To(Equal(1))
		})
	}
}

func TestHelpExplainsEachFlag(t *testing.T) {
	g := NewWithT(t)
	code, stdout, stderr := call(t, context.Background(), "-h")
	g.Expect(code).To(Equal(ok))
	g.Expect(stderr).To(BeEmpty())
	for _, name := range []string{"list", "quick", "engines", "workloads", "seed", "rounds", "histories", "from", "json", "bench", "html"} {
		g.Expect(stdout).To(MatchRegexp(`(?m)^  -%s\b.*\n    \t\S+`, name))
	}
}

func TestListNamesAll(t *testing.T) {
	g := NewWithT(t)
	code, stdout, _ := call(t, context.Background(), "-list")
	g.Expect(code).To(Equal(ok))
	for _, name := range []string{"actor x16", "mutex", "rwmap", "textbook", "syncmap", "otter", "ttlcache", "go-cache", "golang-lru", "theine", "ristretto",
		"mixed", "batch", "storm", "churn", "watchers", "iterate", "latency", "parts"} {
		g.Expect(stdout).To(MatchRegexp(`(?m)^  %s  `, name))
	}
}

func TestFromShowsAResult(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	code, stdout, stderr := call(t, context.Background(), "-from", canned, "-json", path("r.json"), "-bench", path("r.txt"), "-html", path("r.html"))
	g.Expect(stderr).To(BeEmpty())
	g.Expect(code).To(Equal(ok))
	golden, err := os.ReadFile("result/testdata/canned.txt")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(stdout).To(Equal(string(golden)))
	for name, want := range map[string]string{"r.json": `"workload": "mixed"`, "r.txt": "BenchmarkMixed/", "r.html": "<!DOCTYPE html>"} {
		text, err := os.ReadFile(path(name))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(text)).To(ContainSubstring(want))
	}
	left, err := filepath.Glob(path(".*"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(left).To(BeEmpty(), "nothing lies about")
}

// A real run, small: what was asked for is there, and each flag has its effect.
func TestMeasures(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "r.json")
	code, stdout, stderr := call(t, context.Background(), "-quick", "-engines", "mutex, rwmap,otter", "-workloads", "batch", "-rounds", "3", "-histories", "2", "-seed", "7", "-json", file)
	g.Expect(code).To(Equal(ok), stderr)
	text, err := os.ReadFile(file)
	g.Expect(err).NotTo(HaveOccurred())
	r, err := result.Read(bytes.NewReader(text))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Seed).To(Equal(uint64(7)))
	g.Expect(r.Rounds).To(Equal(3))
	g.Expect(r.Checks).To(Equal([]result.Check{{Implementation: "mutex", Histories: 2}}))
	g.Expect(r.Command).To(ContainElements("-quick", "mutex, rwmap,otter"))
	g.Expect(r.Machine.Cores).To(BeNumerically(">", 0))
	g.Expect(r.Workloads()).To(Equal([]string{"batch"}))
	for _, c := range r.Cells {
		for _, row := range c.Rows {
			m, ok := row.Metric("time")
			g.Expect(ok).To(BeTrue())
			g.Expect(m.Samples).To(HaveLen(3))
			g.Expect(m.Samples).To(HaveEach(BeNumerically(">", 0)))
		}
	}
	g.Expect(stdout).To(ContainSubstring("otter of batch: has no call for many keys"))
	g.Expect(stderr).To(MatchRegexp(`(?m)^ +\d+s +\d+ %  2 of 4: batch/`), "where there is no terminal, a line for each step")
}

// An interrupted run ends at once, and reports what it has.
func TestInterrupt(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	file := filepath.Join(t.TempDir(), "r.json")
	code, stdout, stderr := call(t, ctx, "-json", file)
	g.Expect(code).To(Equal(interrupted))
	g.Expect(stdout).To(ContainSubstring("INTERRUPTED"))
	g.Expect(stderr).NotTo(ContainSubstring("compare:"))
	g.Expect(file).To(BeAnExistingFile())
}
