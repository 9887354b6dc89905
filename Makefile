# What can be done here. Everything installs what it needs first, and does nothing that is already done.

bun := node_modules/.bin/bun
sources := $(shell find src -name '*.ts' 2>/dev/null)
commit := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
installed := node_modules/.package-lock.json

.PHONY: help setup build release bench soak test check kernel-test hardware-test services-test runtime-test boot-test image-test demo clean
.DELETE_ON_ERROR:

help:
	@echo 'make setup        install what is missing, through npm and apt (as root)'
	@echo 'make build        build dist/ifacer'
	@echo 'make release      build dist/release/: executables for x64 and arm64 nodes, and their SHA-256 sums'
	@echo 'make bench        measure how long a call takes: a table, dist/bench.json; BENCH_PEER=PATH measures another plugin too'
	@echo 'make soak         kills, many at once, fuzzed calls, all options in all modes: an hour at most; SOAK=0.01 does a hundredth'
	@echo 'make test         everything: types, lint, unit tests, tests on a real kernel'
	@echo 'make check        the quick part of it: types, lint, unit tests'
	@echo 'make kernel-test  the tests on a real kernel, or those named: FILES="test/kernel/bond.test.ts ..."'
	@echo 'make hardware-test, services-test, runtime-test, boot-test, image-test'
	@echo '                  the tests on NICs of several drivers, beside the real network services, below the real containerd,'
	@echo '                  at the real boot, of the image to deploy'
	@echo 'make demo         see ifacer make a bond and a VLAN'
	@echo 'make clean        remove what was built and fetched'

setup: $(installed)
	@scripts/setup.sh

$(installed): package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

build: dist/ifacer

dist/ifacer: $(sources) package.json scripts/build.ts scripts/bundle.ts .cache/commit $(installed)
	$(bun) scripts/build.ts

release: dist/release/SHA256SUMS

dist/release/SHA256SUMS: dist/ifacer scripts/release.ts
	$(bun) scripts/release.ts

bench: setup build
	@$(bun) scripts/bench/run.ts
	@$(bun) scripts/bench/reach.ts

soak: setup build
	@$(bun) scripts/soak/run.ts

# Changes only when the commit does: the executable carries it.
.cache/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(commit)' | cmp -s - $@ || echo '$(commit)' >$@
FORCE:

test: setup build release
	@$(bun) scripts/test.ts

check: build
	@$(bun) scripts/test.ts types lint unit

kernel-test: setup build
	@scripts/on-kernel.sh $(bun) test --timeout 180000 $(or $(FILES),test/kernel)

hardware-test services-test runtime-test boot-test: setup build
	@$(bun) scripts/test.ts $(@:-test=)

image-test: setup build release
	@$(bun) scripts/test.ts image

demo: setup build
	@scripts/on-kernel.sh $(bun) scripts/demo.ts

clean:
	rm -rf dist .cache
