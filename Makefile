## make run            train a character GPT on this machine; STEPS=500, ARGS="--seed 1"; for a GPU CUDA=12 or CUDA=13
## make test           the tests, every gradient against torch; TESTS=tests/test_table.py, ARGS="-x -k softmax"
## make test-notorch   the tests that need no torch
## make test-all       all tests, with the heavy settings
## make lint           ruff
## make lines          lines of code against the budget
## make clean          remove the environments, caches and builds
##
## Each sets up what it needs in .venv, once. Another Python: make run PYTHON=python3.12 VENV=.venv-3.12

PYTHON ?= python3
VENV ?= .venv
BORROW ?= torch cupy
WORKERS ?= auto
BIN = $(VENV)/bin

# One BLAS thread for each test worker: two workers with two threads each ran a test in 120 s that takes 17 s.
PINNED = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
PYTEST = $(PINNED) $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal --durations=15 $(ARGS)
# Parts that must be there; while it is set, a skip for want of a part that is there fails (tests/conftest.py).
REQUIRE ?= torch
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check

.PHONY: help run test test-all test-notorch notorch lint lines clean
.NOTPARALLEL:

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

run: $(VENV)/.examples$(CUDA)
	PYTHONPATH=. $(BIN)/python examples/06_gpt.py $(if $(STEPS),--steps $(STEPS)) $(ARGS)

test: $(VENV)/.test
	MINITORCH_REQUIRE=$(REQUIRE) $(PYTEST) -m "not slow" $(TESTS)

test-all: $(VENV)/.test
	MINITORCH_TEST_ALL=1 MINITORCH_REQUIRE=$(REQUIRE) $(PYTEST) $(TESTS)

test-notorch:
	@$(MAKE) --no-print-directory VENV=$(VENV)-notorch BORROW= notorch

notorch: $(VENV)/.notorch
	$(PYTEST) -m "not torch and not slow" $(TESTS)

lint: $(BIN)/ruff
	$(BIN)/ruff check .

lines:
	@$(PYTHON) .ci/lines.py

clean:
	rm -rf .venv .venv-* build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- set-up: each step leaves a file in the environment, and is not taken again until setup.py changes

$(VENV)/.made:
	$(PYTHON) .ci/venv.py $(VENV) $(BORROW)
	@touch $@

$(VENV)/.examples$(CUDA): setup.py pyproject.toml | $(VENV)/.made
	$(INSTALL) -e '.[examples$(if $(CUDA),$(comma)cuda$(CUDA)x)]'
	@touch $@

$(VENV)/.notorch: setup.py pyproject.toml | $(VENV)/.made
	$(INSTALL) -e '.[notorch]'
	@touch $@

$(VENV)/.test: setup.py pyproject.toml | $(VENV)/.made
	@$(BIN)/python -c 'from importlib.metadata import version as v; assert v("torch").startswith("2.13.0")' \
	    2>/dev/null || echo "$$TORCH_SIZE"
	$(INSTALL) -e '.[test]'
	@touch $@

$(BIN)/ruff: | $(VENV)/.made
	$(INSTALL) ruff

comma = ,

define TORCH_SIZE

  The tests compare minitorch with torch 2.13, which this Python does not have: pip fetches it now.
  That is about 200 MB where pip finds a build for the CPU, and up to 3 GB where it takes the one with CUDA's libraries
  (its choice on Linux, unless PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS leads it to a CPU build).
  An installed torch 2.13 is used as it is: make test PYTHON=/path/to/its/python. Without torch: make test-notorch.

endef
export TORCH_SIZE
