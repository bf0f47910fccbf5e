# Everything runs from nothing: a target makes the environment it needs first.
# `make` alone lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test check format generate bench test-versions clean \
	contract judges diff-spec fuzz matrix soak offline coverage mutation

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## start a mock TikTok and publish to it: videos, photos, a draft
	@$(BIN)/python examples/demo.py

ifdef COVERAGE
test: coverage
else
test: $(VENV)/.dev ## run the whole test suite (COVERAGE=1: measured, as by `make coverage`)
	@$(BIN)/python -m pytest -n auto
endif

check: $(VENV)/.dev ## format, lint, both strict type checkers, generator drift, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python -m codegen --check
	$(BIN)/python -m pytest tests/test_import_rules.py

format: $(VENV)/.dev ## rewrite the hand-written code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/.dev ## write the bindings anew from the description
	$(BIN)/python -m codegen generate

bench: $(VENV)-bench/.ready ## measure against rivals (a few minutes; `make bench BENCH=--full` takes half an hour)
	@$(VENV)-bench/bin/python -m benchmarks.run $(BENCH)

test-versions: $(VENV)/.dev ## run the suite on every supported Python of this machine
	$(BIN)/python tests/run_versions.py

clean: ## remove environments and caches
	rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis .work build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A venv without pip (Debian keeps it in python3-venv) is no use, so say what is missing.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or newer is needed; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip --version >/dev/null || \
		{ rm -rf $(VENV); echo "$(PYTHON) cannot make an environment; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "preparing $(VENV) (once) ..."
	@$(PIP) install --quiet --editable '.[mock,demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml requirements-dev.txt | $(BIN)/python
	@echo "preparing $(VENV) for development (once) ..."
	@$(PIP) install --quiet --editable '.[mock,demo,media,tls,fast]' --requirement requirements-dev.txt
	@touch $@

# The benchmarks' rivals live apart from everything else; the documented client, whose import name is that of our
# facade, in a folder of its own, and imports are timed where nothing but our dependencies is installed.
$(VENV)-bench/.ready: pyproject.toml benchmarks/requirements.txt
	@echo "preparing $(VENV)-bench (once) ..."
	@$(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip --disable-pip-version-check install --quiet --editable '.[mock]' \
		--requirement benchmarks/requirements.txt
	@$(VENV)-bench/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --upgrade \
		--target $(VENV)-bench/documented tiktok_api_client==0.0.15
	@$(PYTHON) -m venv $(VENV)-bench/clean
	@$(VENV)-bench/clean/bin/python -m pip --disable-pip-version-check install --quiet attrs httpx python-dateutil
	@touch $@

# Judges from outside live in environments of their own.
JUDGE  := .venv-judges/bin/python

contract: .venv-judges/.ready ## let schemathesis judge a running mock, and a broken one
	@$(JUDGE) -m tests.judges.contract

judges: .venv-judges/.ready .work/node/.ready ## let validators, generators, Prism and other people's clients judge
	@$(JUDGE) -m tests.judges.judges

diff-spec: $(VENV)/.dev ## say what the description changes for callers since the last release (OLD=, NEW=)
	@$(BIN)/python -m codegen diff $(OLD) $(NEW) --require-bump

fuzz: $(VENV)/.dev ## feed changed bytes to parsers, decoders and generator (SECONDS=10 for each)
	@$(BIN)/python -m tests.fuzz.run --seconds $(or $(SECONDS),10)

matrix: $(VENV)/.dev ## break every step of every way to publish: at most one post, and the truth about it
	@$(BIN)/python -m tests.facade.matrix

soak: $(VENV)/.dev ## many accounts, posts and faults against a mock in another process (SECONDS=60)
	@$(BIN)/python -m tests.soak.run --seconds $(or $(SECONDS),60)

offline: $(VENV)/.dev ## run the suite where there is no network but loopback (Linux; root or user namespaces; TESTS=tests/mock)
	@$(BIN)/python -m tests.offline $(or $(TESTS),tests)

coverage: $(VENV)/.dev ## run the suite, and measure branch coverage of the hand-written code, over processes
	@mkdir -p .work/coverage && rm -f .work/coverage/data*
	@$(BIN)/python -m coverage run --rcfile=tests/coverage.ini -m pytest -n auto
	@$(BIN)/python -m coverage combine --rcfile=tests/coverage.ini --quiet
	@$(BIN)/python -m coverage report --rcfile=tests/coverage.ini

mutation: .venv-mutation/.ready ## change the code a little, many times, and see whether tests notice (GROUP=facade)
	@.venv-mutation/bin/python -m tests.mutation.run $(GROUP)

.venv-mutation/.ready: pyproject.toml requirements-dev.txt tests/mutation/requirements.txt | $(BIN)/python
	@echo "preparing .venv-mutation (once) ..."
	@$(BIN)/python -m venv .venv-mutation
	@.venv-mutation/bin/python -m pip --disable-pip-version-check install --quiet --editable '.[mock,media,fast]' \
		--requirement requirements-dev.txt --requirement tests/mutation/requirements.txt
	@touch $@

.work/node/.ready: tests/judges/package.json
	@command -v npm >/dev/null || { echo "npm is needed: install Node 20 or newer"; exit 1; }
	@echo "preparing .work/node (once) ..."
	@mkdir -p .work/node && cp tests/judges/package.json .work/node/
	@cd .work/node && npm install --no-audit --no-fund --no-package-lock --loglevel=error && touch .ready

.venv-judges/.ready: pyproject.toml tests/judges/requirements.txt | $(BIN)/python
	@echo "preparing .venv-judges (once) ..."
	@$(BIN)/python -m venv .venv-judges
	@$(JUDGE) -m pip --disable-pip-version-check install --quiet --editable '.[mock]' --requirement tests/judges/requirements.txt
	@mkdir -p .work && touch $@
