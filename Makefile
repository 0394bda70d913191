# The only command surface. Everything it writes stays inside this folder.

SHELL := /bin/sh
.DEFAULT_GOAL := help

STAGE ?= dev
PORT ?= 8080
export PORT

# --- tools -----------------------------------------------------------------------------

is_new_enough = $(shell $(1) -c 'import sys; print(int(sys.version_info >= (3, 11)))' 2>/dev/null)
first_new_enough = $(firstword $(foreach each,$(1),$(if $(filter 1,$(call is_new_enough,$(each))),$(each))))
ifndef PYTHON
PYTHON := $(call first_new_enough,python3 python3.13 python3.12 python3.11)
endif
export PYTHON

PY := .venv/bin/python
export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/oms/python

# Caches of tools that would otherwise use the home folder.
CACHE := $(CURDIR)/.local/cache
# The certificates of this machine, as pip and npm use them: a company proxy has its own.
export UV_SYSTEM_CERTS ?= true
export UV_CACHE_DIR ?= $(CACHE)/uv
export PIP_CACHE_DIR ?= $(CACHE)/pip
export npm_config_cache ?= $(CACHE)/npm
export JSII_RUNTIME_PACKAGE_CACHE_ROOT ?= $(CACHE)/jsii
export TMPDIR := $(CURDIR)/.local/tmp
export CDK_DISABLE_CLI_TELEMETRY := true

# A stamp is named after a checksum of what it was made from: a changed lock is another file.
sum = $(shell cat $(1) 2>/dev/null | cksum | tr ' ' '-')
DEV := .venv/.installed-$(call sum,requirements/dev.txt)
EMULATOR := .venv-emulator/.installed-$(call sum,requirements/emulator.txt)
WHEELS := .local/stamps/wheels-$(call sum,layers/*/requirements.txt)
NODE := node_modules/.installed-$(call sum,package-lock.json)

# --- set-up ----------------------------------------------------------------------------

.PHONY: setup
setup: .local/tmp $(DEV) $(EMULATOR) $(WHEELS) ## install everything that run, demo and test need

$(DEV): | .local/tmp
	@scripts/check_tools.sh python node
	@scripts/new_environment.sh .venv requirements/dev.txt
	@rm -f .venv/.installed-* && touch $@

$(EMULATOR): $(DEV)
	@scripts/new_environment.sh .venv-emulator requirements/emulator.txt
	@rm -f .venv-emulator/.installed-* && touch $@

$(WHEELS): $(DEV)
	@echo "fetching the wheels of the Lambda layers"
	@$(PY) -m infra.layers fetch
	@mkdir -p $(@D) && rm -f $(@D)/wheels-* && touch $@

$(NODE): $(DEV)
	@scripts/check_tools.sh node
	@npm ci --no-audit --no-fund --silent
	@touch $@

# A real commerce platform, which tests connect to.
VENDURE := tests/e2e/vendure/node_modules/.installed-$(call sum,tests/e2e/vendure/package-lock.json)
$(VENDURE): $(DEV)
	@npm ci --prefix tests/e2e/vendure --ignore-scripts --no-audit --no-fund --silent
	@touch $@

.local/tmp:
	@mkdir -p $@

# --- on this machine -------------------------------------------------------------------

.PHONY: run demo test prove bench check
run: setup ## start the local stack in the foreground (PORT=8080, DATA=folder keeps orders)
	@scripts/check_tools.sh node
	@exec $(PY) -m local.run

demo: setup ## send sample orders of every channel through to delivery
	@scripts/check_tools.sh node
	@exec $(PY) -m local.demo.run $(if $(URL),--url $(URL))

test: setup $(NODE) $(VENDURE) ## the test suite, as in CI (ARGS="-k name" for a part of it)
	@scripts/browser.sh
	@$(PY) -m pytest -n 2 -m "not stack" $(ARGS)
	@$(PY) -m pytest -m stack $(ARGS)

prove: setup ## the long proofs of stock and channels (SECONDS=3600 bounds them)
	@$(PY) -m tests.simulation.prove --seconds $(or $(SECONDS),3600) $(ARGS)

bench: setup ## print the benchmark table
	@$(PY) -m benchmarks

check: setup $(NODE) ## format, lint, types, import rules, then the tests
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@$(MAKE) --no-print-directory test

# --- towards AWS -----------------------------------------------------------------------

.PHONY: synth diff deploy
synth: setup ## render the templates of dev and prod into cdk.out/, and say what changed
	@scripts/check_tools.sh node
	@$(PY) -m scripts.synth dev prod

diff: setup $(NODE) ## what deploying STAGE=dev would change in your account
	@npx cdk diff --all -c stage=$(STAGE) --output cdk.out/cli-$(STAGE)

deploy: setup $(NODE) ## deploy all stacks of STAGE=dev into your account
	@$(PY) -m scripts.lambda_python
	@OMS_REQUIRE_BYTECODE=1 npx cdk deploy --all -c stage=$(STAGE) --output cdk.out/cli-$(STAGE)

# --- upkeep ----------------------------------------------------------------------------

.PHONY: lock clean help
COMPILE := .venv/bin/uv pip compile --universal --generate-hashes --no-header --no-annotate \
	--python-version 3.11 --quiet

lock: $(DEV) ## resolve the dependency groups of pyproject.toml into requirements/
	@$(COMPILE) --group dev -o requirements/dev.txt
	@$(COMPILE) --group emulator -o requirements/emulator.txt
	@$(PY) -m infra.layers lock
	@echo "now look at: git diff --stat requirements"

clean: ## remove everything that was made here, environments included
	@rm -rf .venv .venv-emulator .local node_modules cdk.out
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

help: ## this list
	@echo "usage: make <command>"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  %-9s%s\n' "$$name" "$$text"; done
