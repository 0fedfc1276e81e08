# Every target does its own set-up in .venv; nothing else on the machine is changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports coverage migrations lock clean

help:  ## what each target does
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "Setting up .venv (about a minute the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/.installed  ## start everything with invented people and make real lookups (ARGS=--once to stop after them)
	@$(BIN)/dancu demo $(ARGS)

test: $(VENV)/.installed  ## the whole test suite, under ten minutes
	@$(BIN)/python -m pytest $(ARGS)
