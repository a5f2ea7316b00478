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
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps $(MEMBERS:%=-e ./%)
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
	  --group dev pyproject.toml -o requirements.lock

.PHONY: help venv node lock
