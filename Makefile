# Thin on purpose: what a target does stands in scripts/, what a part of the tests is stands in CONTRIBUTING.md.
.PHONY: demo test check bench docs lock clean

PY := .venv/bin/python
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
	@$(SOURCE) python -m pytest -q -n 2 tests/unit

bench:  ## the numbers, printed
	@scripts/setup.sh test
	@$(PY) -m pytest -q -s tests/bench

docs:   ## write the generated pages of docs/ anew
	@scripts/setup.sh test
	@$(PY) scripts/make_docs.py

lock:   ## resolve the hash-pinned locks anew; `make lock UPGRADE=--upgrade` takes newer versions
	@scripts/setup.sh test tools
	@scripts/lock.sh $(UPGRADE)

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
