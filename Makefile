# Trạm. `make help` lists what can be made; every target installs what it lacks.

export CARGO_TARGET_DIR ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/tram/target
# Python and Node tools of the tests.
export TRAM_TOOLS ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/tram/tools
# Packed and precompiled plugins that go into the binary.
export TRAM_BUNDLE := $(CARGO_TARGET_DIR)/bundle
# Players of others (H5P, PDF) that go into the binary.
export TRAM_PLAYERS := $(CARGO_TARGET_DIR)/players
export TRAM_CORPUS ?= $(abspath ../shared/corpus)
BIN := $(CARGO_TARGET_DIR)/release
TRAM := $(BIN)/tram
DATA ?= $(CARGO_TARGET_DIR)/demo-data

.DEFAULT_GOAL := help
.PHONY: help run demo build players bundle test quick unit e2e conformance tus-long bench torture fuzz torture-ci pull-the-plug screenshots fmt lint deny clean-demo tools-build tools-test image image-lock test-image test-image-quick

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: build ## Build what is missing and serve the demonstration school
	@scripts/run.sh "$(TRAM)" "$(DATA)"

tools-build:
	@scripts/install.sh build

tools-test: tools-build
	@scripts/install.sh test

players: ## Fetch the players of H5P and PDF that the binary holds
	@scripts/players.sh

bundle: tools-build players
	@scripts/bundle.sh

build: bundle ## Build the binary
	@scripts/step.sh "the server (tram)" cargo build --release --workspace

test: tools-test build ## Everything: units, corpus, torture, conformance, the browser
	@scripts/test.sh

quick: bundle ## Unit tests only
	cargo test --release --workspace

e2e: tools-test build ## The browser's tests alone
	@tests/e2e/run.sh

conformance: tools-test build ## Outside clients alone
	@tests/conformance/run.sh

tus-long: tools-test build ## Outside clients send 1 GB with breaks and a restart, and eight files at once
	@MEGABYTES=1024 tests/conformance/tus.sh

torture: tools-build ## Kill -9 under load, thousands of rounds
	cargo build --release --workspace
	$(BIN)/torture kill 3000
	$(BIN)/torture backup 300
	$(BIN)/torture power 3000

fuzz: tools-build ## Parsers under libFuzzer, a minute each (FUZZ_SECONDS)
	@tests/fuzz/run.sh

torture-ci: tools-build
	cargo build --release --workspace
	$(BIN)/torture kill 300

pull-the-plug: build ## Kill -9 a serving station under load, restart, verify, count what was lost
	@scripts/pull-the-plug.sh "$(TRAM)"

bench: tools-test build ## Measure us and the peers in one run; rewrites the figures in docs/benchmarks.md
	@tests/bench/run.sh

# FIRMWARE=no leaves the vendors' blobs out; KEY=FILE signs with a release's key.
FIRMWARE ?= yes
image: build ## The flashable image, its update file and bill of materials, in target/image (as root)
	@scripts/install.sh image
	@scripts/step.sh "the image" env PYTHONPATH=image python3 -B -m builder --binary "$(TRAM)" --firmware $(FIRMWARE) $(if $(KEY),--key "$(KEY)") --out target/image

image-lock: ## Pin the image's Debian packages to today's versions (as root)
	@scripts/install.sh image
	@PYTHONPATH=image python3 -B -m builder --lock

test-image-quick: build ## The image boots under QEMU and survives a pulled plug (as root; part of make test)
	@scripts/boot-quick.sh

test-image: build ## Boot the image under QEMU and hold it to all it promises (as root, about an hour)
	@scripts/install.sh image
	@python3 -B image/test/run.py --binary "$(TRAM)" $(CHECKS)

screenshots: tools-test build ## Pictures of the real pages, in docs/pictures
	@tests/e2e/screenshots.sh

fmt: ## Format
	cargo fmt --all

lint: bundle ## Format check, clippy, dependency rules
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	@scripts/deny.sh

clean-demo: ## Forget the demonstration school's data
	rm -rf "$(DATA)"
