# make run: the demo, from nothing but Python 3.11 to a map.  make test: every check.
PYTHON ?= python3
BIN := .venv/bin

DATE ?= $(shell date +%F)

.PHONY: run test check-long lint debian nightly wheel bench bench-quick clean

run: .venv/.installed
	$(BIN)/siting run .

test: .venv/.developer debian lint
	$(BIN)/python -m pytest -n auto --dist loadgroup

# the same oracles on ten times as many points
check-long: .venv/.developer
	SITING_LONG=1 $(BIN)/python -m pytest -n auto tests/real/test_engines.py tests/real/test_networks.py

lint: .venv/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

debian:
	@sh scripts/debian.sh

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/.developer: .venv/.installed
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

wheel: .venv/.developer
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

# random projects, mutated files, mutation score: bounded, and goes on where it stopped
nightly: .venv/.developer
	$(BIN)/python -m scripts.nightly.run $(ARGS)

# other libraries beside ours, each in a process of its own, on the same graph; about an hour
bench: .bench/.installed
	.bench/bin/python -m scripts.bench.run --growth --date $(DATE)

bench-quick: .bench/.installed
	.bench/bin/python -m scripts.bench.run --quick --date $(DATE)

.bench/.installed: pyproject.toml scripts/bench/requirements.txt
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.bench/bin/python -m pip install --quiet --editable . -r scripts/bench/requirements.txt
	@touch $@

clean:
	rm -rf .venv .bench dist maps/base maps/base.previous
