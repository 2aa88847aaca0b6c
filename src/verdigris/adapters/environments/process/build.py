"""Runs the steps that make a release complete, one after the other, in its final place.

No shell, no inherited environment, no input; every line is told as it comes. When a step is over nothing of it
runs any more.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from verdigris.adapters.environments.words import shown
from verdigris.core.errors import VerdigrisError

__all__ = ["BuildFailed", "Say", "build", "build_environment"]

Say = Callable[[str], None]

PASSED_ON = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ"})
CERTIFICATES = frozenset({"NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"})
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
INSTALLERS = ("PIP_", "UV_")
# By name: a script of npm has dozens more in its environment, which say where *its* package is.
NPM = frozenset(
    f"NPM_CONFIG_{name}" for name in ("CACHE", "CAFILE", "GLOBALCONFIG", "OFFLINE", "REGISTRY", "USERCONFIG")
)
FALLBACK_PATH = "/usr/local/bin:/usr/bin:/bin"

TAIL_LINES = 20
LINE_MOST = 2000
GLANCE = 0.1
"""How often it is looked whether a step has ended whose output somebody else holds open."""


class BuildFailed(VerdigrisError):
    """A step did not end well. `exit_code` is None when it could not be run or took too long."""

    def __init__(self, argv: Sequence[str], why: str, exit_code: int | None, tail: Sequence[str]) -> None:
        self.argv = tuple(argv)
        self.exit_code = exit_code
        self.tail = tuple(tail)
        lines = "".join(f"\n  {line}" for line in self.tail)
        super().__init__(
            f"build step `{shown(shlex.join(argv))}` {why}. Correct `run.build` and deploy again{lines}"
        )


def build_environment(environ: Mapping[str, str], version: str) -> dict[str, str]:
    """What a step may know: where programs, certificates and package indexes are, and the release's name."""
    passed = {name: value for name, value in environ.items() if _passed_on(name)}
    # A cache that shares its files with the release by hard links would be changed together with it.
    ours = {"VERDIGRIS_RELEASE": version, "UV_LINK_MODE": "copy"}
    return {"PATH": FALLBACK_PATH, "LANG": "C.UTF-8"} | passed | ours


def _passed_on(name: str) -> bool:
    return name in PASSED_ON | CERTIFICATES or name.upper() in PROXIES | NPM or name.startswith(INSTALLERS)


def build(
    steps: Sequence[Sequence[str]], directory: Path, environ: Mapping[str, str], within: float, say: Say
) -> None:
    """Run the steps in `directory`, all of them within so many seconds. BuildFailed names the one that failed."""
    until = time.monotonic() + within
    for argv in steps:
        say(f"$ {shown(shlex.join(argv))}")
        _step(argv, directory, environ, until, within, say)


def _step(
    argv: Sequence[str], directory: Path, environ: Mapping[str, str], until: float, within: float, say: Say
) -> None:
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        step = subprocess.Popen(
            argv,
            cwd=directory,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise BuildFailed(argv, f"cannot be run: {error.strerror}", None, ()) from None
    with step:
        try:
            for line in _lines(step, until):
                tail.append(line)
                say(line)
            code = step.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise BuildFailed(argv, f"did not end within {within:g} s", None, tail) from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(step.pid, signal.SIGKILL)
    if code:
        how = f"ended with {code}" if code > 0 else f"died of signal {-code}"
        raise BuildFailed(argv, how, code, tail)


def _lines(step: subprocess.Popen[bytes], until: float) -> Iterator[str]:
    """The lines of a step as they come, until it has ended. TimeoutExpired at the deadline."""
    pending = b""
    for part in _parts(step, until):
        *whole, pending = (pending + part).replace(b"\r", b"\n").split(b"\n")
        if len(pending) > LINE_MOST:
            whole, pending = [*whole, pending], b""
        yield from (shown(line, LINE_MOST) for line in whole if line)
    if pending:
        yield shown(pending, LINE_MOST)


def _parts(step: subprocess.Popen[bytes], until: float) -> Iterator[bytes]:
    assert step.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(step.stdout, selectors.EVENT_READ)
        while time.monotonic() < until:
            if selector.select(GLANCE):
                part = os.read(step.stdout.fileno(), 1 << 16)
                if not part:
                    return
                yield part
            elif step.poll() is not None:
                return  # a process that it left behind holds its output
    raise subprocess.TimeoutExpired(step.args, 0)
