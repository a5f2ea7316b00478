# The two commands: `make demo` and `make test`. Everything else is a part of them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
UV := $(BIN)/uv
MEMBERS := crds operator api renderer

help: ## show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@echo "== making the Python environment in $(VENV)"
	$(PYTHON) dev/preflight.py python
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.synced: requirements.lock $(wildcard $(MEMBERS:%=%/pyproject.toml)) | $(UV)
	@echo "== installing the pinned Python packages"
	$(PYTHON) dev/preflight.py system
	$(UV) pip sync --quiet --python $(BIN)/python --build-constraints requirements.lock --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --build-constraints requirements.lock --no-deps $(MEMBERS:%=-e ./%)
	@touch $@

node_modules/.synced: package-lock.json package.json
	@echo "== installing the pinned Node packages"
	$(PYTHON) dev/preflight.py node
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

venv: $(VENV)/.synced ## make the Python environment

node: node_modules/.synced ## install the Node packages

lock: | $(UV) ## pin every dependency again, newest versions
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-emit-index-url \
	  $(foreach m,videojob videotutor-operator videotutor-api videotutor-renderer,--no-emit-package $m) \
	  --group dev --group build pyproject.toml -o requirements.lock

generate: venv ## write the files made from the contract (CRD, TypeScript phases, diagram)
	$(BIN)/python dev/generate.py

up: ## start the development cluster
	$(PYTHON) -m dev.cluster up

images: up ## build the images and load them into the cluster
	$(PYTHON) -m dev.cluster images

status: ## say how the development cluster is
	$(PYTHON) -m dev.cluster status

logs: ## show the logs of the cluster and of what runs in it
	$(PYTHON) -m dev.cluster logs

demo: ## make a video, watch it being made, edit one scene; PROMPT="…" SCENES=3
	@echo "== videotutor demo: a cluster, the images, one video. The first time takes up to 20 minutes, later 90 seconds."
	$(MAKE) --no-print-directory -j2 venv images
	$(BIN)/python -m dev.demo

lint: venv node ## every check that runs nothing: style, types, layers, generated files
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
	npm test --silent

unit-python: venv
	$(BIN)/python -m pytest tests/unit --quiet

chart: venv up ## check the Helm chart
	@echo "== lint: Helm chart"
	$(PYTHON) -m dev.cluster tool helm lint --strict charts/videotutor

integration: venv chart ## the operator and the API against a real API server
	@echo "== integration tests"
	$(BIN)/python -m pytest tests/integration --quiet

e2e: venv node images ## the whole, installed through the chart, on the real cluster
	@echo "== end-to-end tests"
	$(BIN)/python -m pytest tests/e2e --quiet

test: ## everything: lint, unit, integration and end-to-end tests
	@echo "== videotutor tests: the first time takes up to 30 minutes, most of it building the cluster's parts"
	$(MAKE) --no-print-directory -j2 images checks
	$(MAKE) --no-print-directory integration
	$(MAKE) --no-print-directory e2e

checks: ## lint and unit tests, which need no cluster
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit

down: ## take the development cluster down; leaves no process, mount, container, network or file of it
	$(PYTHON) -m dev.cluster down

clean: down ## also remove what was installed and built in this folder
	rm -rf $(VENV) node_modules */node_modules */*/node_modules out .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help venv node lock generate up images status logs demo lint unit unit-typescript unit-python chart integration e2e test checks down clean
