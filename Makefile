STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
LIBRARY     = . ./actor ./mutexstore ./internal/...

# Tests in which one goroutine does everything: there is nothing for the race detector to find, and it takes ten times as long.
ALONE       = TestEngines//oracle|TestAnIsolatedCase|TestEveryInterleaving$$|TestRandomWalk|TestReplicasStayEqual|TestTheTotalWeight|TestRemovalsReturnMemory|TestMemoryIsReturnedWhile

DURATION    = 2m

BRIEF       = grep -vE '^=== |^ +--- PASS|rapid. OK'
COMPARE     = cd cmd/compare &&
EXAMPLE     = cd cmd/example &&
REPLICATED  = cd replicated &&
CONTRIB     = cd contrib &&

.PHONY: help compare docs test test-log test-nodes test-oldest test-32bit test-long fuzz soak mutants lint bench bench-ratio example example-replicated cover soak-replicated

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

compare: ## engines, simple designs and third-party caches side by side, in ten minutes; ARGS=-quick in one, ARGS=-h for more
	$(COMPARE) go build -buildvcs=auto -o ../../.bin/compare .
	.bin/compare $(ARGS)

docs: ## figures and charts of docs/ from the committed results
	$(COMPARE) go run ./docs -write

test: ## every test of every module, with the race detector where that does not take minutes
	go test -race -timeout 10m -skip '$(ALONE)' ./...
	go test -timeout 10m -run '$(ALONE)|Allocate' ./compare ./internal/epoch ./internal/table # Allocate: what the race detector would disturb
	$(REPLICATED) go test -race -timeout 10m -short -skip 'TestConformance$$' . # which takes minutes under the race detector, as do the servers
	$(MAKE) -j2 test-log test-nodes
	$(CONTRIB) go test -race -timeout 10m -short ./...
	$(CONTRIB) go test -timeout 10m ./limiterstore # whose suite of many calls -short leaves out
	$(EXAMPLE) go test -race -timeout 10m ./...
	$(COMPARE) go test -count=1 -timeout 10m ./... # the cache does not see that a page of docs/ has changed

# The parts of make test that mostly wait for servers, which they start and kill.
test-log:
	$(REPLICATED) go test -race -timeout 10m ./internal/... ./embedded/...

test-nodes:
	$(REPLICATED) go test -timeout 10m .

test-oldest: ## the library's tests with the newest release of the oldest Go that go.mod allows, without the race detector
	@oldest=$$(go mod edit -json | sed -n 's/.*"Go": "\([0-9]*\.[0-9]*\).*/\1/p'); \
		toolchain=go$$(go list -m -versions go | tr ' ' '\n' | grep "^$$oldest\.[0-9]*$$" | sort -V | tail -n 1); \
		echo "with $$toolchain"; GOTOOLCHAIN=$$toolchain go vet ./... && GOTOOLCHAIN=$$toolchain go test -timeout 4m $(LIBRARY)

test-32bit: ## the tests of the library and of compare, built for 386; QEMU=qemu-i386 if the kernel cannot run them
	GODEBUG=$(if $(QEMU),asyncpreemptoff=1) GOARCH=386 CGO_ENABLED=0 go test -timeout 20m -exec "$(QEMU)" $(LIBRARY)
	GODEBUG=$(if $(QEMU),asyncpreemptoff=1) GOARCH=386 CGO_ENABLED=0 go test -timeout 20m -exec "$(QEMU)" -run TestEngines ./compare # an emulator starts no child processes

test-long: ## the checks of make test that are random, at full length, and the comparison under the race detector
	@bash -o pipefail -c "go test -timeout 60m -run 'TestEngines//oracle' -v ./compare -long | $(BRIEF)" # without the race detector: it has nothing to find there, and takes many GB
	@bash -o pipefail -c "go test -race -timeout 60m -run 'TestEngines//(linearizability|followers|restarts|closing|races|polling|watchers|shards)' -v ./compare -long | $(BRIEF)"
	@bash -o pipefail -c "go test -timeout 60m -run Interleaving -v ./internal/epoch -long | $(BRIEF)" # one goroutine
	@bash -o pipefail -c "go test -timeout 60m -run 'Readers' -v ./internal/table -long | $(BRIEF)" # without the race detector, which slows readers and writers down so far that they seldom meet
	$(COMPARE) go test -race -timeout 20m ./...
	@bash -o pipefail -c "cd replicated && go test -timeout 60m -run 'Histories|ConformanceOnServers|Lost|Follow' -v . -long | $(BRIEF)"

fuzz: ## each fuzz target for a minute
	go test -run '^$$' -fuzz FuzzOracle -fuzztime 1m ./compare
	go test -run '^$$' -fuzz FuzzLoad -fuzztime 1m .

soak: ## heavy use for two minutes, or DURATION=
	go run ./compare/soak -duration $(DURATION)

soak-replicated: ## three nodes on three servers that are killed, for two minutes, or DURATION=
	$(REPLICATED) go test -run TestSoak -v -timeout 0 . -soak $(DURATION)

mutants: ## mutation testing: small faults, one at a time, and which check catches them (about three quarters of an hour)
	go run ./compare/mutants

lint: ## formatting, vet, staticcheck, wording, and what the library may import
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt these: $$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	$(COMPARE) go vet ./... && go run $(STATICCHECK) ./... && go mod tidy -diff
	$(EXAMPLE) go vet ./... && go run $(STATICCHECK) ./... && go mod tidy -diff
	$(REPLICATED) go vet ./... && go run $(STATICCHECK) ./... && go mod tidy -diff
	$(CONTRIB) go vet ./... && go run $(STATICCHECK) ./... && go mod tidy -diff
	go mod tidy -diff
	go run ./cmd/wording
	@foreign=$$(go list -f '{{range .Imports}}{{println .}}{{end}}' $(LIBRARY) | grep -F . | grep -v '^github.com/lastmodstore/lastmodstore' | sort -u); \
		test -z "$$foreign" || { echo "the library must import only the standard library, not: $$foreign"; exit 1; }
	@! grep -nE 'Mutex|sync\.(Once|Cond|Map)' $$(go list -f '{{range .GoFiles}}{{$$.Dir}}/{{println .}}{{end}}' ./actor) | grep -v '//' \
		|| { echo "the actor must not name a mutex"; exit 1; }

bench: ## all benchmarks, to be read with benchstat
	go test -run '^$$' -bench . -benchmem ./...

bench-ratio: ## engines against baselines, in rounds: medians, ratios, goals
	go run ./compare/ratio
	$(COMPARE) go run ./ratio

example: ## the tour of the library, on this directory; ARGS='-http localhost:8080' serves it and the debug page, ARGS=-h for more
	$(EXAMPLE) go build -o ../../.bin/example .
	.bin/example $(ARGS)

example-replicated: ## three nodes of one store on three servers, the leader of which is killed; ARGS='-nats URL -name NAME' for servers of yours
	$(EXAMPLE) go build -o ../../.bin/example .
	.bin/example -replicated $(ARGS)

cover: ## line coverage of the library by all tests
	go test -coverpkg=./,./actor,./mutexstore,./internal/... -coverprofile=cover.out ./...
	go tool cover -func=cover.out | tail -n 1
