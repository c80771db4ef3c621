# Everything happens in this folder: .venv for Python, .gsctl of an example for its graphs.
# Engines' runtimes are installed below the user's data folder, shared by all projects.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV  ?= .venv
BIN   := $(VENV)/bin
DEMO  := examples/debian-packages
DEMO_PACKAGE ?= zlib1g
TESTS ?= tests
JOBS  ?= auto
ARGS  ?=
export VENV
# uv trusts what this machine trusts: engines' runtimes come through it too.
export UV_SYSTEM_CERTS ?= 1

.PHONY: help setup demo demo-stop test lint format types perf docs clean

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.dev ## make .venv with gsctl and what tests and checks need

$(VENV)/.run: pyproject.toml .ci/setup
	@.ci/setup
	@touch $@

$(VENV)/.dev: pyproject.toml .ci/setup
	@.ci/setup dev
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run ## the main job on real data: plan, apply, ask, plan again
	@BIN="$(CURDIR)/$(BIN)" PACKAGE="$(DEMO_PACKAGE)" $(DEMO)/demo

demo-stop: $(VENV)/.run ## stop what the demo left running, and delete its data
	$(BIN)/gsctl -C $(DEMO) destroy -y --allow-deletes

test: $(VENV)/.dev ## pass the tests, the real engine included (TESTS=tests/cli ARGS=-x to choose)
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS) $(TESTS)

lint: $(VENV)/.dev ## find mistakes without running anything
	@failed=; for check in "ruff check ." "ruff format --check ." mypy "lint-imports --no-cache" vulture; do \
	  echo "== $$check"; $(BIN)/$$check || failed="$$failed $${check%% *}"; \
	done; test -z "$$failed" || { echo "lint failed:$$failed"; exit 1; }

format: $(VENV)/.dev ## lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev ## write what is generated: docs/kinds.md, docs/lint/ and schemas/
	$(BIN)/python docs/write_kinds.py
	$(BIN)/python docs/write_lint.py
	$(BIN)/gsctl schema --write schemas

perf: $(VENV)/.dev ## measure speed and memory (half an hour; ARGS=--quick for minutes)
	$(BIN)/python -m tests.perf $(ARGS)

clean: ## remove .venv and caches; live graphs of examples stay (make demo-stop)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
