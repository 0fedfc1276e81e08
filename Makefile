# Every target does its own set-up in .venv (pip also keeps its cache). The demo keeps its state in
# ~/.local/state/dancu/demo, as root in /var/lib/dancu/demo; make demo ARGS=--fresh begins anew.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test format lint types imports coverage migrations check crash siege durability outsiders witness mutate lives planted fuzz bench guard roads reconcile oauth lock clean

help:  ## say what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up .venv (about a minute the first time) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is needed (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/.installed  ## start everything with invented people and make real lookups (ARGS=--once to stop then, --fresh to begin anew)
	@$(BIN)/dancu demo $(ARGS)

test: $(VENV)/.installed  ## run the tests, in under ten minutes
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

check: format lint types imports migrations coverage  ## everything else that CI asks for

format: $(VENV)/.installed  ## is the code formatted?
	@$(BIN)/ruff format --check .

lint: $(VENV)/.installed  ## ruff with every rule, hadolint for the Dockerfile
	@$(BIN)/ruff check .
	@$(BIN)/hadolint Dockerfile && echo "hadolint: Dockerfile is clean"

types: $(VENV)/.installed  ## mypy, strict
	@$(BIN)/mypy

imports: $(VENV)/.installed  ## do imports point down only?
	@$(BIN)/lint-imports

migrations: $(VENV)/.installed  ## do tables and migrations agree, up and down?
	@$(BIN)/python -m pytest -q tests/database/test_migrations.py

coverage: $(VENV)/.installed  ## the tests under coverage; evidence, lookup and passwords must be covered wholly
	@$(BIN)/coverage erase
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal --cov --cov-report=
	@$(BIN)/coverage report --include='app/audit/*,app/lookup/*,app/accounts/passwords.py' --fail-under=100
	@$(BIN)/coverage report --fail-under=90

crash: $(VENV)/.installed  ## kill the gateway at every step of a lookup, fifty times each (some minutes)
	@$(BIN)/python -m tests.crash --kills 50 $(ARGS)

witness: $(VENV)/.installed  ## a C2SP witness nobody here wrote cosigns our log and refuses a forked one (needs Python 3.12)
	@DANCU_AICS_WITNESS="$(DANCU_AICS_WITNESS)" $(BIN)/python -m tests.witness.run $(ARGS)

durability: $(VENV)/.installed  ## lose the primary twenty times and fill disks, under load; nothing acknowledged may be lost (some minutes; disks as root)
	@$(BIN)/python -m tests.durability $(ARGS)

mutate: $(VENV)/.installed  ## take away each rule on passwords, tokens and rights; a test must notice (half an hour; ARGS="tokens --jobs 2")
	@$(BIN)/python -m tests.mutation $(ARGS)

lives: $(VENV)/.installed  ## random lives of officers and units, as many as you like (LIVES=2000; SEED=... for the same ones again)
	@DANCU_LIVES=$(or $(LIVES),1000) $(if $(SEED),DANCU_LIVES_SEED=$(SEED)) $(BIN)/python -m pytest -q --timeout=0 tests/lives/test_lives.py

planted: $(VENV)/.installed  ## plant faults in rights and records; the lives of an ordinary run must notice each (ARGS="merger --jobs 2")
	@$(BIN)/python -m tests.lives $(ARGS)

fuzz: $(VENV)/.installed  ## spoilt answers and questions to every parser and to the compatible face, ten minutes each (ARGS="--minutes 1 --seed 3")
	@$(BIN)/python -m tests.fuzz.parsers $(ARGS)
	@$(BIN)/python -m tests.fuzz.compat $(ARGS)

bench: $(VENV)/.installed  ## lookups beside a bare pass-through and nginx (needs nginx and wrk; some minutes)
	@$(BIN)/python -m bench $(ARGS)

guard: $(VENV)/.installed  ## has a lookup become dearer beside the bare pass-through? (needs nginx and wrk; a minute)
	@$(BIN)/python -m bench --guard $(or $(RATIO),1.8) --rounds 3 --seconds 5 --warm-up 1 $(ARGS)

roads: $(VENV)/.installed  ## two roads, a minute of load, one of them hangs: nothing sent twice, the other used, the first again (two minutes)
	@$(BIN)/python -m bench.roads $(ARGS)

reconcile: $(VENV)/.installed  ## twenty discrepancies planted among 100,000 and a million lookups: each found, none false (a minute)
	@$(BIN)/python -m bench.reconciliation $(ARGS)

oauth: $(VENV)/.installed  ## sign in with two OAuth clients nobody here wrote (needs npm)
	@$(BIN)/python -m tests.oauth.run $(ARGS)

outsiders: $(VENV)/.installed  ## checkpoints, proofs and tiles judged by programs nobody here wrote (needs Go with x/mod, Python 3.12)
	@$(BIN)/python -m tests.outsiders.run $(ARGS)

siege: $(VENV)/.installed  ## kill -9 of gateways, workers, signer and PostgreSQL at 500 random moments (some quarter of an hour; ARGS="--seed 2")
	@$(BIN)/python -m tests.siege $(ARGS)

lock:  ## resolve the lock files anew (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --extra demo --extra dev -o requirements.lock
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o requirements-runtime.lock

clean:  ## remove .venv and caches
	@rm -rf $(VENV) .venv-witness .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
