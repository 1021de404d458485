package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore/cmd/compare/result"
)

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
	g.Expect(left).To(BeEmpty(), "no temporary file is left")
}

// shown returns the result that -from shows with args.
func shown(t *testing.T, args ...string) *result.Result {
	t.Helper()
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "r.json")
	code, _, stderr := call(t, context.Background(), append([]string{"-from", canned, "-json", file}, args...)...)
	g.Expect(stderr).To(BeEmpty())
	g.Expect(code).To(Equal(ok))
	r, err := read(file)
	g.Expect(err).NotTo(HaveOccurred())
	return r
}

func TestFromShowsTheChosenEngines(t *testing.T) {
	g := NewWithT(t)
	r := shown(t, "-engines", "mutexstore,otter")
	var names []string
	for _, i := range r.Implementations {
		names = append(names, i.Name)
	}
	g.Expect(names).To(Equal([]string{"mutexstore", "otter"}))
	g.Expect(r.Checks).To(Equal([]result.Check{{Implementation: "mutexstore", Histories: 100}}))
	g.Expect(r.LeftOut).To(Equal([]result.LeftOut{{Workload: "batch", Implementation: "otter", Reason: "has no call for many keys"}}))
	g.Expect(r.Workloads()).To(Equal([]string{"mixed", "batch", "churn", "latency", "watchers", "parts"}), "a storm of neither")
	for _, c := range r.Cells {
		if c.Workload == "parts" { // which -engines does not choose
			continue
		}
		for _, row := range c.Rows {
			g.Expect(names).To(ContainElement(row.Implementation))
		}
		g.Expect(c.Baseline).To(Equal("mutexstore"), "what was not chosen is no baseline")
	}
}

func TestFromShowsTheChosenWorkloads(t *testing.T) {
	g := NewWithT(t)
	r := shown(t, "-workloads", "storm, mixed")
	g.Expect(r.Workloads()).To(ConsistOf("mixed", "storm"))
	g.Expect(r.LeftOut).To(BeEmpty())
	all, err := read(canned)
	g.Expect(err).NotTo(HaveOccurred())
	for _, c := range r.Cells {
		want, _ := all.Cell(c.Name())
		g.Expect(c).To(Equal(want))
	}
	r = shown(t, "-workloads", "storm", "-engines", "actor")
	g.Expect(r.Cells).To(HaveLen(1))
	g.Expect(r.Cells[0].Rows).To(HaveLen(1))
}

// The workload parts has implementations of its own, which -engines does not choose.
func TestFromKeepsAllParts(t *testing.T) {
	g := NewWithT(t)
	part := result.Implementation{Name: "lock", Kind: "part of lock"}
	engine := result.Implementation{Name: "mutexstore", Kind: "engine"}
	parts := result.Cell{Workload: "parts", Baseline: "lock", Rows: []result.Row{{Implementation: "lock"}, {Implementation: "mutexstore"}}}
	mixed := result.Cell{Workload: "mixed", Baseline: "mutexstore", Rows: []result.Row{{Implementation: "mutexstore"}, {Implementation: "rwmap"}}}
	rwmap := result.Implementation{Name: "rwmap", Kind: "baseline"}
	for _, c := range []struct {
		o     options
		kinds []result.Implementation
		rows  []int
	}{
		{options{}, []result.Implementation{engine, rwmap, part}, []int{2, 2}},
		{options{engines: []string{"rwmap"}}, []result.Implementation{rwmap, part}, []int{2, 1}},
		{options{engines: []string{"mutexstore"}, workloads: []string{"mixed"}}, []result.Implementation{engine}, []int{1}},
	} {
		p, m := parts, mixed
		p.Rows, m.Rows = slices.Clone(p.Rows), slices.Clone(m.Rows)
		r := &result.Result{Implementations: []result.Implementation{engine, rwmap, part}, Cells: []result.Cell{p, m}}
		g.Expect(c.o.narrow(r)).To(Succeed())
		g.Expect(r.Implementations).To(Equal(c.kinds))
		var rows []int
		for _, cell := range r.Cells {
			rows = append(rows, len(cell.Rows))
		}
		g.Expect(rows).To(Equal(c.rows))
	}
	o := options{engines: []string{"lock"}}
	g.Expect(o.narrow(&result.Result{Implementations: []result.Implementation{engine, part}, Cells: []result.Cell{parts}})).
		To(MatchError(ContainSubstring(`no engine is called "lock"; there are: mutexstore`)))
}

func TestFromLists(t *testing.T) {
	g := NewWithT(t)
	code, stdout, _ := call(t, context.Background(), "-from", canned, "-list")
	g.Expect(code).To(Equal(ok))
	g.Expect(stdout).To(MatchRegexp(`(?m)^  mutexstore x16  `))
	g.Expect(stdout).To(MatchRegexp(`(?m)^  churn  `))
	g.Expect(stdout).NotTo(ContainSubstring("theine"))
	g.Expect(stdout).NotTo(ContainSubstring("iterate"))
}

// A result that was interrupted is shown like any other.
func TestFromShowsAnInterruptedResult(t *testing.T) {
	g := NewWithT(t)
	r, err := read(canned)
	g.Expect(err).NotTo(HaveOccurred())
	r.Interrupted = true
	file := filepath.Join(t.TempDir(), "r.json")
	f, err := os.Create(file)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Write(f)).To(Succeed())
	g.Expect(f.Close()).To(Succeed())
	code, stdout, _ := call(t, context.Background(), "-from", file)
	g.Expect(code).To(Equal(ok))
	g.Expect(stdout).To(ContainSubstring("INTERRUPTED"))
}
