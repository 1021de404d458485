//go:build unix

package main

import (
	"path"
	"slices"
	"strings"
)

// A check is one of the ways in which a fault may show: some tests of one
// package's test binary, or all tests of several packages.
type check struct {
	name     string
	pkg      string   // whose binary; "": run by the go tool
	files    string   // patterns of the test files that are built, separated by commas; "": all
	run      string   // which tests of them; "": all
	more     []string // arguments
	race     bool     // under the race detector
	packages []string // what the go tool tests
	module   string   // the nested module of the packages; "": the root
	first    string   // a pattern of files: for a fault in one of them, this check comes first
}

const binary = "mutant.test"

func (c *check) command() []string {
	if c.pkg == "" {
		args := []string{"go", "test", "-vet=off", "-count=1", "-failfast"}
		if c.module != "" {
			args = []string{"go", "-C", c.module, "test", "-vet=off", "-count=1", "-failfast", "-short"}
			if c.run != "" {
				args = append(args, "-run", c.run)
			}
		}
		if c.race {
			args = append(args, "-race")
		}
		return append(args, c.packages...)
	}
	args := []string{"./" + binary, "-test.failfast"}
	if c.run != "" {
		args = append(args, "-test.run", c.run)
	}
	return append(args, c.more...)
}

const (
	root, comparison = ".", "compare"

	// Groups of the suite. The group sweeps is left out: whether it fails depends on
	// what else the machine does.
	suite = "TestEngines//(basics|capacity|weights|weighers|clock|travel|merging|concurrency|edges|feed|lifecycle)"
	feed  = "TestEngines//(followers|restarts)"
	races = "TestEngines//(closing|races|watchers|polling)"
)

// checks are all, the cheapest first.
var checks = []check{
	{name: "timing", pkg: comparison, run: "TestEngines//(timing|positions)|WallClock"},
	{name: "shards", pkg: comparison, run: "TestEngines//shards"},
	{name: "turns", pkg: comparison, run: "TestEngines//contention"},
	{name: "linearizability", pkg: comparison, run: "TestEngines//linearizability"},
	{name: "polling", pkg: comparison, run: "TestEngines//polling"},
	{name: "listeners", pkg: comparison, run: "TestEngines//listeners"},
	{name: "suite", pkg: comparison, run: suite},
	{name: "feed", pkg: comparison, run: feed},
	{name: "oracle", pkg: comparison, run: "TestEngines//oracle|FuzzOracle"},
	{name: "all unit tests", packages: []string{"./internal/...", "./actor", "./mutexstore"}},
	{name: "retention", pkg: comparison, run: "TestEngines//(retention|memory)"},
	{name: "races", pkg: comparison, run: races},
	{name: "loader", pkg: root, files: "loader*_test.go", first: "loader*.go"},
	{name: "snapshots", pkg: root, files: "snapshot*_test.go,loader_helpers_test.go,loader_export_test.go", run: "Snapshot|Save|LoadF|LoadE|LoadR|FuzzLoad|Block|Codec|Encodings|Values", first: "snapshot*.go"},
	{name: "recipes and helpers", pkg: root, files: "[^ls]*_test.go,loader_helpers_test.go,loader_export_test.go", first: "jitter.go"},

	{name: "race detector, lookups", packages: []string{"./mutexstore"}, race: true},
	{name: "race detector, suite", pkg: comparison, run: suite, race: true},
	{name: "race detector, races", pkg: comparison, run: races, race: true},
	{name: "race detector, linearizability at full length", pkg: comparison, run: "TestEngines//linearizability", more: []string{"-long"}, race: true},
	{name: "race detector, feed", pkg: comparison, run: feed, race: true},
}

const replicated = "replicated"

// replicatedChecks are those for faults of the nested module, without servers.
var replicatedChecks = []check{
	{name: "replica", module: replicated, packages: []string{"./internal/command", "./internal/codec", "./internal/replica"}},
	{name: "nodes", module: replicated, run: "^Test(A|Calls|One|The|W|Silence|Close|Commands)", packages: []string{"."}},
	{name: "conformance of a node", module: replicated, run: "^TestConformance$", packages: []string{"."}},
}

// checksOf returns the checks in the order in which they are run for m: first
// those made for what m changes, which need no binary of package compare.
func checksOf(m *mutant) (all []check) {
	if slices.ContainsFunc(m.files, func(file string) bool { return strings.HasPrefix(file, replicated+"/") }) {
		return replicatedChecks
	}
	var packages []string
	for _, file := range m.files {
		if dir := "./" + path.Dir(file); strings.Contains(file, "/") && !slices.Contains(packages, dir) {
			packages = append(packages, dir)
		}
	}
	if len(packages) > 0 {
		all = append(all, check{name: "unit tests", packages: packages})
	}
	rest := []check{}
	for _, c := range checks {
		if c.isFirstFor(m) {
			all = append(all, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(all, rest...)
}

func (c *check) isFirstFor(m *mutant) bool {
	return c.first != "" && slices.ContainsFunc(m.files, func(file string) bool {
		ok, _ := path.Match(c.first, file)
		return ok
	})
}

// needs reports whether a test file is built for c.
func (c *check) needs(file string) bool {
	return c.files == "" || slices.ContainsFunc(strings.Split(c.files, ","), func(pattern string) bool {
		ok, _ := path.Match(pattern, file)
		return ok
	})
}
