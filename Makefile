# bot-exporter: build, test and check. Needs Go and make; run `make help`.

MAKEFLAGS += --no-builtin-rules
SHELL     := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

GO       ?= go
FUZZTIME ?= 10s

# Version information, all taken from the commit so that a rebuild is
# byte-identical. Evaluated only when building.
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null | sed 's/^v//' | grep . || echo devel)
REVISION  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH    ?= $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
BUILDDATE ?= $(shell TZ=UTC git log -1 --date=format-local:%Y%m%d-%H:%M:%S --format=%cd 2>/dev/null || echo unknown)

# One set of flags for the product, the tests and the tools: a package that one of
# them has compiled serves the others. -trimpath and cgo change every object file.
export CGO_ENABLED ?= 0
export GOFLAGS     := $(GOFLAGS) -trimpath -buildvcs=false

V := github.com/prometheus/common/version
LDFLAGS = -s -w \
	-X $V.Version=$(VERSION) -X $V.Revision=$(REVISION) \
	-X $V.Branch=$(BRANCH) -X $V.BuildDate=$(BUILDDATE)

# Where tests and checks find the tools; a test skips itself when its variable
# is unset.
TOOLS := $(CURDIR)/.tools/bin
export PROMTOOL    := $(TOOLS)/promtool
export PROMETHEUS  := $(TOOLS)/prometheus
export NATS_CLI    := $(TOOLS)/nats
GOLANGCI_LINT      := $(TOOLS)/golangci-lint
TEST_TOOLS         := $(PROMTOOL) $(PROMETHEUS) $(NATS_CLI)

.PHONY: build
build: ## Build static, reproducible binaries into bin/ (default)
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

# Runs a command and says what came of it and how long it took.
timed = @echo '$(1)'; code=0; $(1) || code=$$?; \
	[ $$code = 0 ] && outcome=passed || outcome=FAILED; \
	echo "== make $@: $$outcome after $$((SECONDS / 60)) min $$((SECONDS % 60)) s"; exit $$code

.PHONY: test
test: $(TEST_TOOLS) ## Run every test, in short form where it has one
	$(call timed,$(GO) test -short -timeout 30m ./... ./collectors/testdata/reference)

.PHONY: test-long
test-long: $(TEST_TOOLS) ## Run every test in full
	$(call timed,$(GO) test -timeout 60m ./... ./collectors/testdata/reference)

.PHONY: race
race: $(TEST_TOOLS) ## Run every test in short form under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 60m ./...

.PHONY: faults
faults: $(TEST_TOOLS) ## Break everything in every known way; takes 20 minutes
	BOT_EXPORTER_FAULTS=1 $(GO) test -count=1 -timeout 4h -v -run '^TestFaults$$' ./exporter/faults

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -rn1 dirname | sort -u | while read -r dir; do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$dir"/*_test.go); do \
	    echo "== $$dir $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$dir"; \
	  done; \
	done

.PHONY: generate
generate: licenses ## Regenerate every generated file
	$(GO) generate ./...

.PHONY: licenses
licenses: ## List dependencies and licences anew; fails where one is not allowed
	$(GO) run -C .tools/licenses .

.PHONY: demo
demo: ## Run the whole pipeline on made-up events
	@echo '== building bin/bot-exporter: the first time this takes a minute or two'
	@CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/ ./cmd/bot-exporter
	@exec bin/bot-exporter demo

RULES := $(wildcard deploy/prometheus/rules/*.yml deploy/prometheus/rules/*.yaml)

.PHONY: lint
lint: $(GOLANGCI_LINT) $(PROMTOOL) ## Check formatting, code, rules and metric names
	@unformatted=$$(find . -name '.?*' -prune -o -name '*.go' -print | xargs -r gofmt -l); \
	  if [ -n "$$unformatted" ]; then echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GOLANGCI_LINT) run ./...
	$(GO) run ./cmd/bot-exporter simulate --output=- --events=20000 --start=2026-01-05T00:00:00Z \
	  | $(GO) run ./cmd/bot-exporter replay /dev/stdin | $(PROMTOOL) check metrics
	$(if $(RULES),$(PROMTOOL) check rules $(RULES))

.PHONY: vulncheck
vulncheck: $(TOOLS)/govulncheck ## Look for known vulnerabilities in what is used (needs the network)
	$(TOOLS)/govulncheck -test ./...

.PHONY: tools
tools: ## Build every development tool into .tools/bin
tools: $(addprefix $(TOOLS)/,promtool prometheus alertmanager amtool nats nats-server golangci-lint benchstat govulncheck)

.PHONY: clean
clean: ## Remove built binaries; the tools are kept
	rm -rf bin

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

# The tools. Each folder of .tools is a Go module of its own that pins what it
# builds, which keeps them all out of the product's go.mod.
build_tool = @echo "== building $(@F) and what comes with it, from $(1): once, and it may take minutes"; CGO_ENABLED=0 $(GO) build -C $(1) -trimpath -buildvcs=false -ldflags '-s -w' $(2) -o $(TOOLS)/
pinned_by  = .tools/$(1)/go.mod .tools/$(1)/go.sum

# Without the cloud providers' service discoveries, which are most of its size.
SD := remove_all_sd,enable_dns_sd,enable_kubernetes_sd
$(TOOLS)/promtool $(TOOLS)/prometheus &: $(call pinned_by,prometheus)
	$(call build_tool,.tools/prometheus,-tags $(SD)) tool

$(TOOLS)/nats $(TOOLS)/nats-server &: $(call pinned_by,nats)
	$(call build_tool,.tools/nats) tool

$(TOOLS)/golangci-lint $(TOOLS)/benchstat $(TOOLS)/govulncheck: $(TOOLS)/%: .tools/%/go.mod .tools/%/go.sum
	$(call build_tool,.tools/$*) tool

# The published module lacks the web UI that it embeds, so a copy of it is built
# with an empty page instead.
$(TOOLS)/alertmanager $(TOOLS)/amtool &: $(call pinned_by,alertmanager)
	rm -rf .tools/build/alertmanager
	mkdir -p .tools/build
	$(GO) mod download -C .tools/alertmanager github.com/prometheus/alertmanager
	cp -r "$$($(GO) list -C .tools/alertmanager -m -f '{{.Dir}}' github.com/prometheus/alertmanager)" .tools/build/alertmanager
	chmod -R u+w .tools/build
	mkdir .tools/build/alertmanager/ui/app/dist
	echo '<!doctype html>' > .tools/build/alertmanager/ui/app/dist/index.html
	$(call build_tool,.tools/build/alertmanager) ./cmd/alertmanager ./cmd/amtool
	rm -rf .tools/build/alertmanager

# Deployment: checks of what is shipped below deploy, and the whole picture without containers.

DEPLOY_TOOLS := $(PROMTOOL) $(TOOLS)/amtool $(TOOLS)/helm $(TOOLS)/kustomize $(TOOLS)/kubeconform $(TOOLS)/compose-spec $(TOOLS)/goreleaser-check
STACK_TOOLS  := $(TOOLS)/nats-server $(TOOLS)/nats $(PROMETHEUS) $(TOOLS)/alertmanager

.PHONY: check-deploy
check-deploy: export CHECK_DEPLOY     := 1
check-deploy: export AMTOOL           := $(TOOLS)/amtool
check-deploy: export HELM             := $(TOOLS)/helm
check-deploy: export KUSTOMIZE        := $(TOOLS)/kustomize
check-deploy: export KUBECONFORM      := $(TOOLS)/kubeconform
check-deploy: export COMPOSE_SPEC     := $(TOOLS)/compose-spec
check-deploy: export GORELEASER_CHECK := $(TOOLS)/goreleaser-check
check-deploy: $(DEPLOY_TOOLS) ## Check chart, manifests, compose, unit, broker and release files with their own tools
	$(GO) test -count=1 ./deploy/...

.PHONY: stack
stack: build $(STACK_TOOLS) ## Run NATS, simulator, exporter, Prometheus and Alertmanager as processes
	@$(GO) build -ldflags '-s -w' -o bin/stack ./deploy/stack
	@exec bin/stack --tools=$(TOOLS) --exporter=bin/bot-exporter

.PHONY: drill-alerts
drill-alerts: build $(STACK_TOOLS) ## Let KPIs go bad until the right alerts fire, and good until they resolve
	$(GO) run ./deploy/stack --tools=$(TOOLS) --exporter=bin/bot-exporter --drill

# The second build has an empty cache and another folder; nothing but the source is the same.
.PHONY: reproducible
reproducible: ## Build the last commit twice, apart from each other, and compare the binaries
	@dir=$$(mktemp -d); trap 'chmod -R u+w '"$$dir"'; rm -rf '"$$dir" EXIT; \
	for i in one two; do \
	  mkdir -p $$dir/$$i/source; git archive HEAD | tar -x -C $$dir/$$i/source; \
	  (cd $$dir/$$i/source && CGO_ENABLED=0 GOCACHE=$$dir/$$i/cache $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o ../bin/ ./cmd/...); \
	done; \
	(cd $$dir/one/bin && sha256sum *); \
	(cd $$dir/one/bin && sha256sum *) | (cd $$dir/two/bin && sha256sum --check --quiet) && echo "both builds are the same"

$(TOOLS)/helm $(TOOLS)/kubeconform: $(TOOLS)/%: .tools/%/go.mod .tools/%/go.sum
	$(call build_tool,.tools/$*) tool

$(TOOLS)/kustomize: $(call pinned_by,helm) .tools/helm/kustomize/main.go
	CGO_ENABLED=0 $(GO) build -C .tools/helm -trimpath -buildvcs=false -ldflags '-s -w' -o $@ ./kustomize

$(TOOLS)/compose-spec: $(call pinned_by,compose)
	CGO_ENABLED=0 $(GO) build -C .tools/compose -trimpath -buildvcs=false -ldflags '-s -w' -o $@ tool

$(TOOLS)/goreleaser-check: $(call pinned_by,goreleaser) .tools/goreleaser/main.go
	CGO_ENABLED=0 $(GO) build -C .tools/goreleaser -trimpath -buildvcs=false -ldflags '-s -w' -o $@ .

# With INTO=FILE the tables go into it, between the marks of each command. EVENTS=N makes a run short or long.
BENCH = $(GO) run ./cmd/bot-bench $(if $(INTO),--into=$(INTO))

.PHONY: bench
bench: build ## Measure the exporter beside consumers that only count, how fresh its numbers are, its start, checkpoints and scrapes
	$(BENCH) run $(if $(EVENTS),--events=$(EVENTS))
	$(BENCH) freshness
	$(BENCH) start
	$(BENCH) checkpoints
	$(GO) test -run '^$$' -bench 'Scrape$$/^100000$$' -benchtime 10x -benchmem ./exporter
	$(GO) test -run '^$$' -bench ScrapeLock -benchtime 200x ./exporter
	$(GO) test -run '^$$' -bench ScrapeClients -benchtime 3x ./exporter

.PHONY: bench-growth
bench-growth: ## Measure how cost grows with events, users, open chats and series
	$(BENCH) grow $(if $(INTO),--svg=$(dir $(INTO))growth.svg)

.PHONY: bench-report
bench-report: ## Measure everything, and write it into cmd/bot-bench/README.md
	$(MAKE) -j1 bench bench-peers bench-growth INTO=cmd/bot-bench/README.md

.PHONY: profile
profile: ## Profile the exporter while it reads a stream; leaves bin/cpu.pprof and bin/allocs.pprof
	@mkdir -p bin
	$(GO) run ./cmd/bot-bench profile --dir=bin
	$(GO) tool pprof -top -nodecount=40 bin/cpu.pprof
	$(GO) tool pprof -top -nodecount=20 -sample_index=alloc_space bin/allocs.pprof

# What others measure the same stream with. Telegraf and Bento with the plugins that this needs and no others.
PEERS         := $(TOOLS)/telegraf $(TOOLS)/bento $(TOOLS)/statsd_exporter
TELEGRAF_TAGS := custom,inputs.nats_consumer,parsers.json_v2,aggregators.histogram,outputs.prometheus_client

.PHONY: bench-peers
bench-peers: build $(PEERS) ## Measure Telegraf, Bento and statsd_exporter on the same stream, and kill each of them
	$(BENCH) peers --tools=$(TOOLS)

# Within a copy, with what the release was built from: its requirements would make a checksum file of 300 kB here.
$(TOOLS)/telegraf: $(call pinned_by,telegraf)
	rm -rf .tools/build/telegraf
	mkdir -p .tools/build
	$(GO) mod download -C .tools/telegraf github.com/influxdata/telegraf
	cp -r "$$($(GO) list -C .tools/telegraf -m -f '{{.Dir}}' github.com/influxdata/telegraf)" .tools/build/telegraf
	chmod -R u+w .tools/build
	$(call build_tool,.tools/build/telegraf) -tags $(TELEGRAF_TAGS) ./cmd/telegraf
	rm -rf .tools/build/telegraf

$(TOOLS)/bento: $(call pinned_by,bento) .tools/bento/main.go
	CGO_ENABLED=0 $(GO) build -C .tools/bento -trimpath -buildvcs=false -ldflags '-s -w' -o $@ .

$(TOOLS)/statsd_exporter: $(call pinned_by,statsd_exporter)
	$(call build_tool,.tools/statsd_exporter) tool

# How often what runs for each event, scrape and checkpoint allocates. Times mean nothing here, so few rounds do; with
# a fixed number of processors the names are the same everywhere.
count_allocs = $(GO) test -run '^$$' -cpu 2 -count 3 -benchmem

.PHONY: bin/allocs.txt
bin/allocs.txt:
	@mkdir -p bin
	@{ $(count_allocs) -benchtime 10000x -bench 'Decode|Fold|Duplicate|Apply|Collector|AppendJSON|Next' \
	     ./collectors ./collectors/event ./exporter ./exporter/simulate; \
	  $(count_allocs) -benchtime 20x -bench 'Sections/^freeze$$' ./collectors; \
	  $(count_allocs) -benchtime 5x -bench 'Encode|Load' ./exporter/storage; \
	  $(count_allocs) -benchtime 100x -bench 'Scrape$$/^1000$$/./^exporter$$' ./exporter/web; } | grep -E '^(pkg|Benchmark|FAIL|---)' > $@

.PHONY: bench-allocs
bench-allocs: bin/allocs.txt $(TOOLS)/benchstat ## Fail when a benchmark allocates more often than cmd/bot-bench/allocs.txt says
	$(TOOLS)/benchstat -table pkg -filter .unit:allocs/op -format csv cmd/bot-bench/allocs.txt $< 2>/dev/null \
	  | $(GO) run ./cmd/bot-bench allocs

.PHONY: bench-allocs-baseline
bench-allocs-baseline: bin/allocs.txt ## Take the allocations of now as what may not grow
	cp $< cmd/bot-bench/allocs.txt
