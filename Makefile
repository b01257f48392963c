# CLV Studio: everything runs inside .venv, which these targets make and keep up to date.

PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
SPARK := $(VENV)/.spark-installed

PARALLEL := $(PY) -m pytest -n auto --maxprocesses 4

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A stamp is worth nothing when the interpreter behind it has gone (moved, upgraded, half made).
$(shell [ -x $(PY) ] || rm -f $(RUNTIME) $(DEV) $(SPARK))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help app spark test quick simulate fuzz package lint bench clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

app: $(RUNTIME) ## open CLV Studio in the browser, on this machine only
	@exec $(PY) -m streamlit run app.py

spark: $(SPARK) ## add PySpark, for orders that are in Spark (0.5 GB; needs Java 17 or newer besides)

test: $(DEV) ## run every test but the simulations and the fuzzing, those in the browser too
	@chromium="$$(tests/browser/find_chromium.sh)" && CHROMIUM="$$chromium" $(PARALLEL)

quick: $(DEV) ## run the tests that need neither a browser nor a server and are over at once
	@$(PARALLEL) -m "not browser and not server and not slow and not simulation and not fuzz and not package"

simulate: $(DEV) ## fit hundreds of simulated shops: are parameters recovered, do intervals cover?
	@$(PARALLEL) -m simulation

fuzz: $(DEV) ## read ten thousand damaged files: does each end in a report or a plain sentence?
	@$(PARALLEL) -m fuzz

package: $(DEV) ## install the package in an empty environment: do the commands and the app run from any folder?
	$(PY) -m pytest -m package

lint: $(DEV) ## check style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV) ## run every benchmark in benchmarks/
	@set -e; found=; for file in benchmarks/bench_*.py; do \
		[ -e "$$file" ] || continue; found=1; \
		echo "== $$file"; $(PY) -m "benchmarks.$$(basename "$$file" .py)"; \
	done; [ -n "$$found" ] || echo "There are no benchmarks/bench_*.py yet."

clean: ## remove .venv and every cache
	rm -rf $(VENV) .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Makes .venv unless a working one is there. One that could not be finished is removed again.
define make_venv
if ! $(PY) -m pip --version >/dev/null 2>&1; then \
	if [ -z "$(PYTHON)" ]; then \
		echo "CLV Studio needs Python 3.11 or newer and found none on PATH. Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python; or python.org), or name one: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		echo "$(PYTHON) is not a working Python 3.11 or newer. Name one: make PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	if ! "$(PYTHON)" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		version="$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"; \
		echo "$(PYTHON) lacks the venv module. Install it (Debian, Ubuntu: apt install python$$version-venv) and try again." >&2; \
		exit 1; \
	fi; \
	rm -rf $(VENV); \
	echo "Making .venv with $$("$(PYTHON)" --version)"; \
	trap 'rm -rf $(VENV)' INT TERM; \
	if ! "$(PYTHON)" -m venv $(VENV); then \
		rm -rf $(VENV); \
		echo "$(PYTHON) could not make a virtual environment in $(VENV); see the message above." >&2; \
		exit 1; \
	fi; \
	trap - INT TERM; \
fi
endef

# The stamp is touched last: an installation that broke off is taken up again the next time.
$(RUNTIME): requirements.txt
	@$(make_venv)
	@echo "Installing what CLV Studio needs into .venv (the first time takes a minute or two)"
	@$(PY) -m pip install --quiet -r requirements.txt
	@touch $@

$(DEV): requirements.txt requirements-dev.txt
	@$(make_venv)
	@echo "Installing what CLV Studio and its tests need into .venv (the first time takes a minute or two)"
	@$(PY) -m pip install --quiet -r requirements-dev.txt
	@touch $(RUNTIME) $@

$(SPARK): requirements.txt requirements-spark.txt
	@$(make_venv)
	@echo "Installing PySpark into .venv (this takes some minutes)"
	@$(PY) -m pip install --quiet -r requirements-spark.txt
	@touch $(RUNTIME) $@
