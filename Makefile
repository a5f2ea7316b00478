# The two commands: `make demo` and `make test`. Everything else is a part of them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
MEMBERS := crds operator api renderer

# Some containers forbid Python to keep what it compiles; tests start it so often that it would be a tenth of the time.
export PYTHONDONTWRITEBYTECODE :=

# A prompt given on make's command line is text: make must not expand the dollar signs of its formulas.
ifdef PROMPT
override PROMPT := $(value PROMPT)
export PROMPT
endif

help: ## show the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV): | preflight
	@echo "== making the Python environment in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements.lock > $(VENV)/uv.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt

$(VENV)/.synced: requirements.lock $(wildcard $(MEMBERS:%=%/pyproject.toml)) | preflight $(UV)
	@echo "== installing the pinned Python packages"
	$(UV) pip sync --quiet --python $(BIN)/python --build-constraints requirements.lock --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --build-constraints requirements.lock --no-deps $(MEMBERS:%=-e ./%)
	@touch $@

node_modules/.synced: package-lock.json package.json | preflight
	@echo "== installing the pinned Node packages"
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

preflight: ## report what this machine lacks, and install what can be installed
	@$(PYTHON) dev/preflight.py

venv: $(VENV)/.synced ## make the Python environment

node: node_modules/.synced ## install the Node packages

lock: | $(UV) ## upgrade and re-lock all dependencies
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-emit-index-url \
	  $(foreach m,videojob videotutor-operator videotutor-api videotutor-renderer,--no-emit-package $m) \
	  --group dev --group build pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  bench/render/peers/requirements.in -o bench/render/peers/requirements.lock

generate: venv ## generate files from the contract (CRD, TypeScript phases, diagram)
	$(BIN)/python dev/generate.py

up: preflight ## start the development cluster
	$(PYTHON) -m dev.cluster up

images: up ## build the images and load them into the cluster
	$(PYTHON) -m dev.cluster images

status: ## show the state of the development cluster
	$(PYTHON) -m dev.cluster status

logs: ## show the logs of the cluster and its pods
	$(PYTHON) -m dev.cluster logs

demo: preflight ## make a video, show its progress, edit one scene; PROMPT="…" SCENES=3
	@echo "== videotutor demo: a cluster, the images, one video. The first time takes up to 20 minutes, later 90 seconds."
	$(MAKE) --no-print-directory -j2 venv images
	$(BIN)/python -m dev.demo

lint: venv node ## static checks: style, types, layers, generated files
	@echo "== lint: Python"
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python dev/generate.py --check
	@echo "== lint: TypeScript"
	npm run --silent typecheck
	npm run --silent lint
	npm run --silent codegen:check

unit: venv node ## the fast tests, under a minute
	@echo "== unit tests: TypeScript and Python at once"
	$(MAKE) --no-print-directory -j2 unit-typescript unit-python

unit-typescript: node
	npm test --silent -- --project functions

unit-python: venv
	$(BIN)/python -m pytest tests/unit --quiet --numprocesses 2

stand-in: node ## the stand-in for Convex as a process, with the real clients (a minute)
	@echo "== tests of the stand-in for Convex"
	npm test --silent -- --project server

torture: node ## 1,000 random orders of edits, repeats, late arrivals and lost answers (half a minute)
	EDIT_RUNS=1000 npm test --silent -- --project functions tests/convex/functions/edits.test.ts

rendering: venv ## draw figures and lessons, encode scenes, speak, end processes: the renderer at work (two minutes)
	@echo "== rendering tests"
	$(BIN)/python -m pytest tests/rendering --quiet --numprocesses 2

browser: venv node ## live video in a real Chromium, half a minute
	@echo "== browser tests"
	$(BIN)/python -m pytest tests/browser --quiet --numprocesses 2

visual: venv ## compare every visual, theme and ratio with its picture in the docs
	@echo "== visual regression"
	$(BIN)/python -m pytest tests/visual --quiet

stills: venv ## redraw the pictures of docs/visuals.md
	$(BIN)/python -m dev.stills

chart: venv up ## check the Helm chart
	@echo "== lint: Helm chart"
	$(PYTHON) -m dev.cluster tool helm lint --strict --set images.registry=registry.example charts/videotutor

integration: venv node chart ## the operator and the API against a real API server
	@echo "== integration tests"
	$(BIN)/python -m pytest tests/integration --quiet -m "not alone" --numprocesses 4
	$(BIN)/python -m pytest tests/integration --quiet -m alone

prompts: venv ## sixty prompts and the hostile storyboards, each a checked video or a clear refusal (a few minutes)
	@echo "== prompts: in every language, long, mathematical, hostile, empty"
	$(BIN)/python -m tests.videos $(ARGS)

e2e: venv node images ## the whole system, installed by the chart, on the real cluster
	@echo "== end-to-end tests"
	$(BIN)/python -m pytest tests/e2e --quiet

chaos: venv up ## faults at every request and report of the operator, alone, in pairs and after edits; rewrites docs/faults.md (25 minutes); ARGS="--only drop-after:7"
	@echo "== fault harness: proxies between operator, API server and Convex"
	$(BIN)/python -m tests.chaos $(ARGS)

upgrade: venv ## old and new operator, CRD and renderer over the same videos, on a control plane of its own (12 minutes); ARGS="--quick" in two
	@echo "== upgrade and rollback matrix"
	$(BIN)/python -m tests.upgrade $(ARGS)

upgrade-helm: venv up ## helm upgrade and rollback between the first release and this one under 60 videos, on the development cluster (20 minutes)
	@echo "== helm upgrade and rollback"
	$(BIN)/python -m tests.upgrade.helm

test: preflight ## everything: lint, unit, rendering, browser, integration and end-to-end tests
	@echo "== videotutor tests: the first time takes up to 30 minutes, most of it building the cluster's parts"
	$(MAKE) --no-print-directory -j2 images checks
	$(MAKE) --no-print-directory integration
	$(MAKE) --no-print-directory e2e

checks: ## lint, unit, stand-in, rendering, browser and visual tests, which need no cluster
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory stand-in
	$(MAKE) --no-print-directory rendering
	$(MAKE) --no-print-directory browser
	$(MAKE) --no-print-directory visual

bench-operator: venv up ## compare the operator with an ideal client, in half an hour; QUICK=1, ONLY=latency
	$(PYTHON) -m dev.cluster images operator
	@$(BIN)/python -m bench.operator $(if $(QUICK),--quick) $(ONLY:%=--only %)

bench-api: venv up images ## measure the API under hostile clients, rolling updates and large lists, in eight minutes; QUICK=1, ONLY=list
	@$(BIN)/python -m bench.api $(if $(QUICK),--quick) $(ONLY:%=--only %)

bench-render: venv ## compare the renderer with its encoder and other libraries, in ten minutes; QUICK=1, ONLY=peers
	@$(BIN)/python -m bench.render $(if $(QUICK),--quick) $(ONLY:%=--only %)

down: ## remove the development cluster; leaves no process, mount, container, network or file of it
	$(PYTHON) -m dev.cluster down

clean: down ## also remove what was installed and built in this folder
	rm -rf $(VENV) node_modules */node_modules */*/node_modules out .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help preflight venv node lock generate up images status logs demo lint unit unit-typescript unit-python stand-in torture rendering browser visual stills chart integration prompts e2e chaos upgrade upgrade-helm test checks bench-operator bench-api bench-render down clean
