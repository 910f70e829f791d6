# Two commands do everything on a fresh machine: `make demo` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One BLAS thread a process: tests and runs are parallel already, and threads upon threads are slower.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1

.PHONY: demo page test test-slow test-peers check docs bench bench-speed bench-labels bench-server bench-evidence bench-streams format clean

demo: $(VENV)/.user
	@$(BIN)/python hatch_build.py --if-possible
	$(BIN)/querist demo
	@echo
	@echo "The command is $(BIN)/querist; '. $(BIN)/activate' puts it on your path."

# The page of the server, from web/ (TypeScript). Installing builds it too; this is for after a change, or a failure.
page: $(VENV)/bin/pip
	$(BIN)/python hatch_build.py

test: $(VENV)/.dev
	@$(BIN)/python hatch_build.py --if-possible
	$(BIN)/pytest -n 2 -m "not slow and not benchmark and not peers" $(ARGS)

test-slow: $(VENV)/.dev
	$(BIN)/pytest -m slow $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/architecture
	@! grep -nE '://|file:|find-links|index-url' constraints.txt || (echo "constraints.txt records a host"; false)

docs: $(VENV)/.dev
	$(BIN)/sphinx-build -q -W -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.round
	$(BIN)/python -m benchmarks.intake

# Every engine beside what other libraries take for the same, in one table; those that are not installed are left out.
# ARGS="--quick" for some minutes of it, ARGS="--large --json benchmarks/results/speed.json" for what the docs show.
bench-speed: $(VENV)/.peers
	$(BIN)/python -m benchmarks.speed $(ARGS)

# The server at a million items, on SQLite and PostgreSQL: what fifty people wait for. ARGS=--help for smaller ones.
bench-server: $(VENV)/.dev
	$(BIN)/python -m benchmarks.server $(ARGS)

test-peers: $(VENV)/.peers
	$(BIN)/pytest -m peers tests $(ARGS)

# Label efficiency on real data; ARGS="--quick" for some minutes of it, ARGS=--help for the rest.
bench-labels: $(VENV)/.dev
	$(BIN)/python -m benchmarks.labels $(ARGS)

# Whether what we say of models, gates, drift, streams and savings holds, in synthetic worlds and on real data, beside the
# peers that it installs. ARGS="--only gate --runs 100" for some minutes of it.
bench-evidence: $(VENV)/.peers
	$(BIN)/python -W ignore -m benchmarks.evidence $(ARGS)

# Streams beside river and scikit-activeml, which it installs. ARGS="--quick --seeds 1" for a part of it.
bench-streams: $(VENV)/.peers
	$(BIN)/python -W ignore -m benchmarks.evidence.streams $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "Querist needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" % v[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.user: $(VENV)/bin/pip pyproject.toml constraints.txt
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/pip pyproject.toml constraints.txt
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.user

$(VENV)/.peers: $(VENV)/.dev
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,peers]'
	@touch $@

clean:
	rm -rf $(VENV) demo docs/_build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
