# Every target sets up what it needs in .venv; a fresh machine needs python3 (3.10 or newer) and make.

PYTHON ?= python3
# The version that is tested. `make test TORCH=torch` takes the newest that the project admits.
TORCH  ?= torch==2.13.0
ARGS   ?=

VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check
# One torch thread per test process: two processes on two cores, not four threads.
PYTEST := OMP_NUM_THREADS=1 $(PY) -m pytest -n 2

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo test slow lint check fix clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## train a small attention model on real digits with a spec (ARGS="--epochs 5")
	$(PY) -m lossdsl demo $(ARGS)

test: $(VENV)/.dev ## the default test suite (ARGS="tests/lint -k name")
	$(PYTEST) $(ARGS)

slow: $(VENV)/.dev ## the long suites only
	$(PYTEST) -m slow $(ARGS)

lint: $(VENV)/.dev ## ruff and mypy
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

check: lint ## lint and every test, the long suites too
	$(PYTEST) -m "" $(ARGS)

fix: $(VENV)/.dev ## let ruff mend what it can
	$(VENV)/bin/ruff check --fix .

clean: ## remove the virtual environment and everything generated
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis terms.png
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "lossdsl needs Python 3.10 or newer; name one with PYTHON=..." >&2; exit 1; }
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "no venv module: on Debian, apt-get install python3-venv" >&2; exit 1; }

# The stamp holds the requirement, so that another TORCH installs anew and the same one does nothing.
$(VENV)/.torch: $(PY) FORCE
	@[ "$$(cat $@ 2>/dev/null)" = "$(TORCH)" ] \
	  || { echo "installing $(TORCH)"; $(PIP) "$(TORCH)" && echo "$(TORCH)" > $@; }

$(VENV)/.demo: $(VENV)/.torch pyproject.toml
	@echo "installing lossdsl[demo]"
	@$(PIP) --editable ".[demo]"
	@touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	@echo "installing lossdsl[dev,demo]"
	@$(PIP) --editable ".[dev,demo]"
	@touch $@ $(VENV)/.demo
