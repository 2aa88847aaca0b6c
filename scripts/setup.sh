#!/bin/sh
# Makes .venv from a hash-pinned lock and installs the two wheels of this checkout into it. Safe to repeat: what is
# already there is left alone. It never installs from anything but the lock and this checkout.
# Usage: scripts/setup.sh demo|test [tools]      ("tools" leaves the wheels out: `make check` reads the source)
set -eu
cd "$(dirname "$0")/.."

circle=$1
lock=requirements-$circle.lock
venv=.venv
base=${PYTHON:-python3}

say() { echo "setup: $*" >&2; }
stop() { say "$*"; exit 2; }

"$base" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    stop "$base is $("$base" --version 2>/dev/null || echo not there), verdigris needs Python 3.11 or newer. Name one: make ... PYTHON=/path/to/python3.11"

if ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "this Python has no venv: installing python3-venv"
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    else
        stop "this Python has no venv. Install it: apt-get install python3-venv"
    fi
fi

[ -x "$venv/bin/python" ] || "$base" -m venv "$venv"

# A stamp holds the hash of what was installed, so that an edited lock or source is seen and nothing else is redone.
# The test circle contains the demo's, hence it satisfies it too.
stamp() { cat "$venv/.installed-$1" 2>/dev/null || true; }
hash_of() { cat "$@" | sha256sum | cut -d' ' -f1; }

want=$(hash_of "$lock")
if [ "$(stamp test)" != "$(hash_of requirements-test.lock)" ] && [ "$(stamp "$circle")" != "$want" ]; then
    say "installing $lock into $venv"
    "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$lock"
    echo "$want" >"$venv/.installed-$circle"
fi

[ "${2:-}" != tools ] || exit 0

sources=$(find src kit pyproject.toml README.md LICENSE -type f ! -name '*.pyc' | LC_ALL=C sort)
want=$(echo "$sources" | tr '\n' '\0' | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ "$(stamp wheels)" != "$want" ]; then
    say "building the wheels of verdigris and verdigris-kit"
    rm -rf build/wheels
    "$venv/bin/python" -m pip wheel --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation \
        --wheel-dir build/wheels . ./kit
    "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall \
        build/wheels/*.whl
    echo "$want" >"$venv/.installed-wheels"
fi
