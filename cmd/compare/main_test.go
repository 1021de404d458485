package main

import (
	"context"
	"io"
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
	empty := filepath.Join(dir, "empty.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":             {[]string{"-fast"}, "flag provided but not defined: -fast; -h explains the flags"},
		"no value":                 {[]string{"-engines"}, "flag needs an argument: -engines; -h explains the flags"},
		"a word too many":          {[]string{"-engines", "actor,", "mutexstore"}, `unexpected argument "mutexstore": a list of names has no spaces around its commas, or is quoted`},
		"no number":                {[]string{"-rounds", "many"}, `invalid value "many" for flag -rounds`},
		"no number of histories":   {[]string{"-histories", "1.5"}, `invalid value "1.5" for flag -histories`},
		"no seed":                  {[]string{"-seed", "-1"}, `invalid value "-1" for flag -seed`},
		"not yes or no":            {[]string{"-quick=fast"}, `invalid boolean value "fast" for -quick`},
		"nothing to list":          {[]string{"-list=all"}, `invalid boolean value "all" for -list`},
		"no rounds":                {[]string{"-rounds", "0"}, "-rounds must be at least 1"},
		"negative rounds":          {[]string{"-rounds", "-1"}, "-rounds must be at least 1"},
		"negative histories":       {[]string{"-histories", "-1"}, "-histories must be at least 0, which means no check"},
		"unknown engine":           {[]string{"-engines", "actor,axtor"}, `no engine is called "axtor"; there are: actor, mutexstore, actor x16`},
		"an engine twice":          {[]string{"-engines", "actor,mutexstore,actor"}, `engine "actor" is named twice`},
		"a comma too many":         {[]string{"-engines", "actor,"}, `no engine is called ""; there are: actor`},
		"unknown workload":         {[]string{"-workloads", "mixt"}, `no workload is called "mixt"; there are: mixed, batch`},
		"a workload twice":         {[]string{"-workloads", "mixed, mixed"}, `workload "mixed" is named twice`},
		"no such folder":           {[]string{"-json", filepath.Join(dir, "none", "r.json")}, "r.json: no such file or directory"},
		"no folder for samples":    {[]string{"-bench", filepath.Join(dir, "none", "r.txt")}, "r.txt: no such file or directory"},
		"a folder as file":         {[]string{"-html", dir}, "it is a directory"},
		"no name":                  {[]string{"-from", ""}, "-from needs the name of a file"},
		"no such result":           {[]string{"-from", filepath.Join(dir, "none.json")}, "none.json: no such file or directory"},
		"not a result":             {[]string{"-from", "go.mod"}, "go.mod: this is not a result of compare"},
		"an empty result":          {[]string{"-from", empty}, "empty.json: there is no result: it is empty"},
		"-list and -quick":         {[]string{"-list", "-quick"}, "-list only lists: it cannot be combined with -quick"},
		"-list and -json":          {[]string{"-list", "-json", filepath.Join(dir, "r.json")}, "-list only lists: it cannot be combined with -json"},
		"-from and -quick":         {[]string{"-from", canned, "-quick"}, "-from measures nothing: it cannot be combined with -quick"},
		"-from and -seed":          {[]string{"-from", canned, "-seed", "1"}, "-from measures nothing: it cannot be combined with -seed"},
		"-from and -rounds":        {[]string{"-from", canned, "-rounds", "9"}, "-from measures nothing: it cannot be combined with -rounds"},
		"-from and -histories":     {[]string{"-from", canned, "-histories", "1"}, "-from measures nothing: it cannot be combined with -histories"},
		"engine not in the file":   {[]string{"-from", canned, "-engines", "theine"}, `canned.json: no engine is called "theine"; there are: actor, mutexstore, otter, mutexstore x16, rwmap`},
		"workload not in the file": {[]string{"-from", canned, "-workloads", "iterate"}, `canned.json: no workload is called "iterate"; there are: mixed, batch`},
		"nothing left of the file": {[]string{"-from", canned, "-workloads", "batch", "-engines", "otter"}, "canned.json: there is no result: otter of batch: has no call for many keys"},
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
	g.Expect(stdout).NotTo(ContainSubstring("-1"), "no default that a message forbids")
}

// The defaults that the help shows are accepted, and -quick changes only what is not set.
func TestDefaults(t *testing.T) {
	g := NewWithT(t)
	for _, c := range []struct {
		args              []string
		rounds, histories int
	}{
		{nil, 9, 100},
		{[]string{"-rounds", "9", "-histories", "100", "-seed", "1"}, 9, 100},
		{[]string{"-quick"}, 5, 25},
		{[]string{"-quick", "-rounds", "9", "-histories", "0"}, 9, 0},
	} {
		o, err := parse(io.Discard, c.args)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect([]int{o.rounds, o.histories}).To(Equal([]int{c.rounds, c.histories}), "%q", c.args)
	}
}

func TestListNamesAll(t *testing.T) {
	g := NewWithT(t)
	code, stdout, _ := call(t, context.Background(), "-list")
	g.Expect(code).To(Equal(ok))
	for _, name := range []string{"actor x16", "mutexstore", "rwmap", "textbook", "syncmap", "otter", "ttlcache", "go-cache", "golang-lru", "theine", "ristretto",
		"mixed", "batch", "update", "readers", "storm", "churn", "watchers", "iterate", "latency", "parts", "replicated"} {
		g.Expect(stdout).To(MatchRegexp(`(?m)^  %s  `, name))
	}
}

func TestNothingToMeasureIsAnError(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "r.json")
	code, stdout, stderr := call(t, context.Background(), "-quick", "-engines", "rwmap,otter", "-workloads", "watchers", "-json", file)
	g.Expect(code).To(Equal(failed))
	g.Expect(stdout).To(BeEmpty())
	g.Expect(stderr).To(ContainSubstring("skipped: rwmap has no change feed; otter has no change feed\n"))
	g.Expect(stderr).To(HaveSuffix("compare: there is no result: rwmap of watchers: has no change feed; otter of watchers: has no change feed\n"))
	g.Expect(file).NotTo(BeAnExistingFile())
}

func TestLatencyOfReadsAndWritesIsApart(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	json, bench := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.txt")
	code, stdout, stderr := call(t, context.Background(), "-quick", "-engines", "rwmap", "-workloads", "latency,readers", "-rounds", "1", "-json", json, "-bench", bench)
	g.Expect(code).To(Equal(ok), stderr)
	r, err := read(json)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Cells).To(HaveLen(2))
	g.Expect(r.Cells[0].Metrics()).To(ContainElements("read p50", "read p99", "read p99.9", "read max", "write p50", "write p99", "write p99.9", "write max"))
	g.Expect(r.Cells[1].Metrics()).To(Equal([]string{"read", "write", "write p99", "write max"}))
	g.Expect(stdout).To(MatchRegexp(`read p50 .*read p99 .*write p50 .*write p99 `))
	g.Expect(stdout).To(MatchRegexp(`  read  .*  write  `))
	samples, err := os.ReadFile(bench)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(samples)).To(MatchRegexp(`BenchmarkLatency/.* us .* read-p99-us .* write-p50-us .* write-p99-us`))
	g.Expect(string(samples)).To(MatchRegexp(`BenchmarkReaders/.* ns/op .* write-ns/op .* write-max-us`))
}

// A real run, small: what was requested is there, and each flag has its effect.
func TestMeasures(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "r.json")
	code, stdout, stderr := call(t, context.Background(), "-quick", "-engines", "mutexstore, rwmap,otter", "-workloads", "batch", "-rounds", "3", "-histories", "2", "-seed", "7", "-json", file)
	g.Expect(code).To(Equal(ok), stderr)
	r, err := read(file)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Seed).To(Equal(uint64(7)))
	g.Expect(r.Rounds).To(Equal(3))
	g.Expect(r.Checks).To(Equal([]result.Check{{Implementation: "mutexstore", Histories: 2}}))
	g.Expect(r.Command).To(ContainElements("-quick", "mutexstore, rwmap,otter"))
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
	g.Expect(stderr).To(MatchRegexp(`(?m)^ +\d+s +\d+ %  2 of 4: batch/`), "a line for each step, since this is no terminal")
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
