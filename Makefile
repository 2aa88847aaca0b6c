# Thin on purpose: what a target does stands in scripts/, what a part of the tests is stands in CONTRIBUTING.md.
.PHONY: demo test check fuzz bench bench-judge docs lock clean

PY := .venv/bin/python
EXAMPLES ?= 5000
MINUTES ?= 30
RUNS ?= 300
SEED := $(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))
SOURCE := PYTHONPATH=src:kit/src PATH="$(CURDIR)/.venv/bin:$$PATH"

demo:   ## ship a good and a bad version of a real API under load, here, in two minutes
	@scripts/setup.sh demo
	@$(PY) examples/demo.py

test:   ## everything, against the built wheels; `make test PARTS="unit e2e"` runs some of it
	@scripts/setup.sh test
	@$(PY) scripts/run_tests.py $(PARTS)

check:  ## the fast loop, against the source: format, lint, types, walls, unit tests
	@scripts/setup.sh test tools
	@$(SOURCE) ruff format
	@$(SOURCE) ruff check
	@$(SOURCE) mypy
	@$(SOURCE) lint-imports --no-cache
	@$(SOURCE) vermin --config-file kit/vermin.ini kit/src
	@$(SOURCE) python -m pytest -q -n 2 tests/unit

fuzz:   ## every property with examples by chance, for long: `make fuzz EXAMPLES=20000 SEED=7`
	@scripts/setup.sh test
	@echo "fuzz: once more with make fuzz EXAMPLES=$(EXAMPLES) SEED=$(SEED)"
	@$(SOURCE) VERDIGRIS_FUZZ=$(EXAMPLES) python -m pytest -q -m hypothesis -o timeout=0 --hypothesis-seed=$(SEED) tests/hostile tests/unit

bench:  ## the numbers, beside what people use today; printed, and kept in build/bench.json
	@scripts/setup.sh test
	@$(PY) scripts/run_tests.py --provide scripts/debian-packages-bench.txt
	@rm -f build/bench.json
	@$(PY) -m pytest -q -s -o timeout=300 tests/bench --ignore tests/bench/judge
	@$(PY) scripts/figures.py --print
	@echo "The judge's tables are long in the making: make bench-judge"

bench-judge: ## healthy and bad releases, ours and the others' rules on the same counts: `make bench-judge RUNS=40` for less
	@scripts/setup.sh test
	@VERDIGRIS_JUDGE_RUNS=$(RUNS) $(PY) -m pytest -q -s tests/bench/judge

figures: ## the table of the README anew, from what `make bench` found
	@scripts/setup.sh test
	@$(PY) scripts/figures.py

soak:   ## deploys under load for half an hour, and nothing may have grown: `make soak MINUTES=3` for less
	@scripts/setup.sh test
	@VERDIGRIS_SOAK_MINUTES=$(MINUTES) $(PY) -m pytest -q -s tests/soak

docs:   ## write the generated pages of docs/ anew
	@scripts/setup.sh test
	@$(PY) scripts/make_docs.py

lock:   ## resolve the hash-pinned locks anew; `make lock UPGRADE=--upgrade` takes newer versions
	@scripts/setup.sh test tools
	@scripts/lock.sh $(UPGRADE)

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
