# The developer's front door; `make help` lists the targets. Each needs nothing but bash, make and apt.
SHELL := /bin/bash
PRESET ?= release
JOBS ?= $(shell nproc)
DASHBOARD = $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json -type f)
SOURCES = $(shell find src tests bench -name '*.cpp' -o -name '*.h')

.PHONY: help demo test build web soak bench format lint tidy clean bootstrap
.DEFAULT_GOAL := help

help:  ## This list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: build  ## Install what is missing, build, and turn invented tickets into five marts
	build/$(PRESET)/deskhouse demo

test soak: BOOTSTRAP = test
test: PRESET = release
test: build  ## Install what is missing, build, and run all tests but the long ones
	scripts/test.sh

build: bootstrap web  ## Install what is missing and build (PRESET=debug or asan for the others)
	cmake --preset $(PRESET) $(if $(DUCKDB_ROOT),-DDUCKDB_ROOT=$(DUCKDB_ROOT))
	cmake --build --preset $(PRESET) --parallel $(JOBS)

web: web/dist/index.html  ## Build the dashboard, which the build puts into the binary

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | bootstrap
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: $(DASHBOARD) web/node_modules/.package-lock.json
	@if node -e 'const [major, minor] = process.versions.node.split("."); process.exit(+major > 20 || (+major == 20 && +minor >= 19) ? 0 : 1)'; \
	then cd web && npm run build; \
	else echo "web: the dashboard wants Node 20.19 or later to be built, and this is $$(node --version): going on without it" >&2; fi

soak: PRESET = release
soak: build  ## Run the long tests and the property tests with many cases
	scripts/test.sh soak

bench: build  ## Measure speed and memory beside a plain DuckDB script, and the dashboard
	bench/run.sh
	scripts/bootstrap.sh test && .deps/venv/bin/python bench/stream/measure.py 2000000 3
	.deps/venv/bin/python bench/spark/measure.py 200000 3
	.deps/venv/bin/python bench/spark/events.py 200000
	.deps/venv/bin/python bench/lake/measure.py
	.deps/venv/bin/python bench/serve/measure.py
	.deps/venv/bin/python bench/serve/live.py

format:  ## Format all C++ files in place
	scripts/bootstrap.sh lint
	clang-format -i $(SOURCES)

lint:  ## Check formatting and the project's own rules of style
	scripts/bootstrap.sh lint
	clang-format --dry-run -Werror $(SOURCES)
	.deps/venv/bin/python -m pytest -c tests/pytest.ini --rootdir . -q tests/tidy

tidy: build  ## Run clang-tidy over all C++ files (slow)
	scripts/bootstrap.sh lint
	find src -name '*.cpp' | xargs -P $(JOBS) -n 4 .deps/lint/bin/clang-tidy --quiet -p build/$(PRESET)

clean:  ## Remove what was built; installed parts stay in .deps
	rm -rf build web/dist web/node_modules

bootstrap:
	@scripts/bootstrap.sh $(BOOTSTRAP)
