# Everything a person or CI does here. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
STATE ?= .concordat
SOURCES := events services tests benchmarks
PYTEST := $(BIN)/python -m pytest
# Each worker has servers of its own; a file's tests share what it started, and the longest files come first
# (tests/conftest.py). Those of integration wait much of their time, those of e2e run whole exchanges.
IN_FILES := -n 3 --dist loadfile --no-loadscope-reorder
IN_EXCHANGES := -n 2 --dist loadfile --no-loadscope-reorder
SIZE ?= smoke
SEED ?= 20261125

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test clean fmt lint types imports unit contract integration e2e contracts lock demo \
	fuzz-agreements bench-book bench-rehearse bench-revoke bars quick-bars \
	test-containers test-compose image

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Install what `make run` needs into .venv, and prepare Kafka

setup-dev: $(VENV)/.installed-dev ## Also install what the tests and linters need

run: setup ## Run a whole exchange on this machine and play the demonstration; Ctrl-C stops it
	@exec $(BIN)/concordat up --demo --state $(STATE)

demo: setup ## Play the demonstration once in a throw-away stack and print the summary
	@exec $(BIN)/concordat demo

test: lint types imports unit contract integration e2e quick-bars ## Everything that CI runs

lint: setup-dev ## Lint and check the format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

fmt: setup-dev ## Format the code
	$(BIN)/ruff check --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

types: setup-dev ## Check the types
	$(BIN)/mypy

imports: setup-dev ## Check that imports point one way
	$(BIN)/lint-imports

unit: setup-dev ## Run the tests of pure code and of the architecture
	$(PYTEST) -n 2 tests/unit tests/architecture

contract: setup-dev ## Run the tests of contracts/
	$(PYTEST) -n 2 tests/contract

integration: setup-dev ## Run the tests on a real Kafka and a real PostgreSQL
	$(PYTEST) $(IN_FILES) tests/integration

e2e: setup-dev ## Run the tests of the whole exchange
	$(PYTEST) $(IN_EXCHANGES) tests/e2e

test-containers: setup-dev ## Run the integration tests on containers of their own; fails without a Docker engine
	CONCORDAT_TEST_STACK=containers $(PYTEST) --timeout 300 tests/integration

test-compose: setup-dev image ## Bring docker compose up, play the demonstration, run the integration tests on it, bring it down
	PYTHONPATH=tests $(BIN)/python -m compose $(PYTEST) --timeout 300 tests/integration

image: ## Build the one image of our services (BASE_IMAGE=name, CA=file that pip is to trust)
	DOCKER_BUILDKIT=1 docker build --file deploy/images/Dockerfile --tag concordat:development \
		$(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) $(if $(CA),--secret id=ca$(COMMA)src=$(CA)) .

COMMA := ,

fuzz-agreements: setup-dev ## Compare the exchange with a naive evaluator on a million random cases
	cd tests && ../$(BIN)/python -m fuzz_agreements --cases 1000000

bench-book: setup-dev ## Time an event with 10, 1,000 and 10,000 agreements in the book
	PYTHONPATH=tests $(BIN)/python benchmarks/bench_book.py

bench-rehearse: setup-dev ## Time a rehearsal over a million events
	PYTHONPATH=tests $(BIN)/python benchmarks/bench_rehearse.py

bench-revoke: setup-dev ## Time how soon a notice bites (SIZE=smoke for a short run)
	PYTHONPATH=tests $(BIN)/python benchmarks/bench_revoke.py

bars: setup-dev ## Run every fault test (SIZE=smoke, or full: hours; SEED=number)
	@PYTHONPATH=tests $(BIN)/python -m faults all --size $(SIZE) --seed $(SEED) $(PLANT)

quick-bars: setup-dev ## Run those that `make test` runs, two at a time
	@printf '%s\n' $(QUICK_BARS) | PYTHONPATH=tests xargs -n 1 -P 2 $(BIN)/python -m faults --seed $(SEED)

QUICK_BARS := overshare kill-stream foreign witness

bar-%: setup-dev ## Run one of them: bar-kill-stream, …; PLANT=--bugs plants what it must find
	@PYTHONPATH=tests $(BIN)/python -m faults $* --size $(SIZE) --seed $(SEED) $(PLANT)

contracts: setup-dev ## Generate the schemas and the API description in contracts/
	$(BIN)/concordat contracts generate

clean: ## Forget the state of `make run` (keeps .venv)
	@if [ -x $(BIN)/concordat ]; then $(BIN)/concordat forget --state $(STATE); else rm -rf $(STATE); fi

lock: setup-dev ## Compile the lock files anew: names, versions and hashes only
	$(PIP) install uv
	$(BIN)/uv pip compile -q $(LOCK) requirements.in --no-emit-package concordat-events --no-emit-package concordat -o requirements.lock
	$(BIN)/uv pip compile -q $(LOCK) requirements-dev.in -c requirements.lock -o requirements-dev.lock

LOCK := --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header --universal --python-version 3.11

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Concordat needs Python 3.11 or newer; set PYTHON=")'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

KAFKA := $(addprefix services/concordat/stack/,kafka_jars.py make_class_archive.py)

$(VENV)/.installed: requirements.lock events/pyproject.toml services/pyproject.toml $(KAFKA) | $(VENV)/bin/python
	@echo "installing (the first time takes about a minute)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps -e events -e services
	@$(BIN)/python -m concordat.stack.make_class_archive
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "installing what the tests need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
