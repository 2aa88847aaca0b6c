#!/bin/sh
# Writes the three hash-pinned locks, the small ones as parts of the large one, without a registry address in any.
# Usage: scripts/lock.sh [--upgrade]      (UV names another uv; the default is the one in .venv)
set -eu
cd "$(dirname "$0")/.."

uv=${UV:-.venv/bin/uv}
if [ ! -x "$uv" ]; then
    .venv/bin/python -m pip install --quiet uv
fi

compile() {
    "$uv" pip compile --quiet --python-platform linux --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"
}

compile pyproject.toml --extra mariadb --extra postgres --group test --output-file requirements-test.lock ${1+"$1"}
compile pyproject.toml --group demo --constraints requirements-test.lock --output-file requirements-demo.lock
compile pyproject.toml --constraints requirements-test.lock --output-file requirements.lock

if grep -n '://' requirements*.lock; then
    echo "A lock names an address; addresses belong to the machine that installs." >&2
    exit 1
fi
