# Each goal installs what it needs, once per change of the file that pins it, and says nothing on standard output
# of its own. Needed on the machine: make, Python 3.11 or newer, Node 20 or newer with npm.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# Another virtual environment may be active: ours is called by its path, and must not see the other's modules.
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONHOME PYTHONPATH

PYTHON := .venv/bin/python
RUFF := .venv/bin/ruff

# Node parts: each folder that has a lock file of its own.
NODE_LOCKS := $(wildcard sandbox/*/package-lock.json examples/*/package-lock.json)
NODE_DONE := $(NODE_LOCKS:%/package-lock.json=%/node_modules/.installed)
# The tests that need neither a child process of ours nor a server.
FAST := $(wildcard tests/architecture tests/domain tests/view tests/app tests/settings tests/docs)
NOT_MARKED := not soak and not postgres and not wrangler_current

.PHONY: help demo ready check test bench bench-analysis soak format lock clean static

help: ## show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# make turns every failure of a recipe into its own status 2 and a line of its own. Asked with -q it runs only what is
# marked with a plus, and ends with 1 where that failed and 0 where it did not: just what the demo wants to say.
ifeq ($(MAKECMDGOALS),demo)
MAKEFLAGS += -q
endif
demo: ## a chat in this terminal against a sandbox: /deploy canary
	+@MAKEFLAGS= $(MAKE) --no-print-directory ready >&2 </dev/null && exec $(PYTHON) -m bot demo

ready: .venv/.runtime $(NODE_DONE)
	@:

check: static ## format, lint, types, import contracts, house rules and the fast tests
	@$(PYTHON) -m pytest -q -n 2 -m '$(NOT_MARKED)' $(FAST)

test: static $(NODE_DONE) ## check, then every test but the soak
	@$(PYTHON) -m pytest -q -m 'not soak' -n 2 --dist worksteal

bench: .venv/.dev $(NODE_DONE) ## one line a figure: name value unit (BENCH=name runs one)
	@exec $(PYTHON) -m tests.bench $(BENCH)

bench-analysis: .venv/.dev ## error rates and detection times of the canary analysis
	@exec $(PYTHON) -m tests.bench.analysis

soak: .venv/.dev $(NODE_DONE) ## the tests that take long on purpose
	@exec $(PYTHON) -m pytest -q -m soak --timeout 0

format: .venv/.dev ## put the code into its one format
	@$(RUFF) check --fix --quiet . || true
	@$(RUFF) format .

lock: .tools/uv/.installed ## pin the newest allowed versions that are at least a week old
	@scripts/lock

clean: ## remove everything that make installed or that tools left behind
	@rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .wrangler
	@rm -rf sandbox/*/node_modules examples/*/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

static: .venv/.dev
	@$(RUFF) format --check --quiet . || { echo 'Not in the one format: run make format.' >&2; exit 1; }
	@$(RUFF) check --quiet .
	@$(PYTHON) -m mypy --no-error-summary
	@$(PYTHON) .venv/bin/lint-imports --no-logo

.tools/uv/.installed: requirements/uv.txt
	@scripts/install uv
	@touch $@

.venv/.runtime: requirements/runtime.txt .tools/uv/.installed
	@scripts/install runtime
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	@scripts/install dev
	@touch $@

%/node_modules/.installed: %/package-lock.json
	@scripts/install node $*
	@touch $@
