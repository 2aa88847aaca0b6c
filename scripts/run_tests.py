"""Runs the parts of `make test` against the installed wheels.

The parts, their commands and their shares of 25 minutes stand in the table of CONTRIBUTING.md and nowhere else. A
part that fails, takes far more than its share, or runs no test fails the run. It tests what is installed beside
the Python that runs it, and never the source tree.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "CONTRIBUTING.md"
PACKAGES = ROOT / "scripts" / "debian-packages.txt"
REPORTS = ROOT / "build" / "reports"
BUDGET_MINUTES = 25.0
OVERRUN = 3.4
"""How many times its share a part may take: the shares are those of two quiet cores."""
GRACE_SECONDS = 30.0
"""What a part gets to print its summary and take its processes down, once its share is used up."""

MESSAGE_MOST = 200
"""Characters of why a test failed that the summary shows."""


@dataclass(frozen=True)
class Part:
    """One line of the table: commands joined by `&&`, and the minutes they may take together."""

    name: str
    command: str
    minutes: float

    def commands(self) -> list[list[str]]:
        """The commands as argument arrays; every pytest writes down what it counted."""
        arrays = [shlex.split(command) for command in self.command.split("&&")]
        return [
            [*array, f"--junitxml={REPORTS / self.name}-{number}.xml"] if array[0] == "pytest" else array
            for number, array in enumerate(arrays, 1)
        ]

    def reports(self) -> list[Path]:
        """What its commands wrote down."""
        return [
            path
            for n in range(1, len(self.commands()) + 1)
            if (path := REPORTS / f"{self.name}-{n}.xml").exists()
        ]


@dataclass(frozen=True)
class Outcome:
    """What came of a part, its seconds, and those that processors were busy for it. `why` is empty when it was good."""

    part: Part
    seconds: float
    busy: float
    passed: int
    failed: int
    why: str = ""

    def __str__(self) -> str:
        """One line: name, time, share, and what went wrong."""
        share = f"{self.seconds:6.1f} s of {self.part.minutes:g} min, {self.busy:.0f} s of CPU"
        counts = f"{self.passed} passed, {self.failed} failed"
        return f"{self.part.name:<12} {share:<36} {counts}{'; ' + self.why if self.why else ''}"


def parts_in(markdown: str) -> list[Part]:
    """The rows of the table `| part | command | minutes |`; refuse one without rows or over the budget."""
    rows = re.findall(r"^\| `([\w-]+)` \| `([^`]+)` \| ([\d.]+) \|", markdown, re.MULTILINE)
    parts = [Part(name, command, float(minutes)) for name, command, minutes in rows]
    total = sum(part.minutes for part in parts)
    if not 0 < total <= BUDGET_MINUTES:
        raise SystemExit(
            f"{TABLE.name}: the parts' minutes add up to {total:g}, and there are {BUDGET_MINUTES:g}."
        )
    return parts


def chosen(parts: Iterable[Part], names: list[str]) -> list[Part]:
    """The named parts in the table's order, or all of them; refuse a name that is not in the table."""
    known = {part.name: part for part in parts}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(
            f"No part is called {unknown[0]!r}: the table of {TABLE.name} has {', '.join(known)}."
        )
    return [part for part in known.values() if not names or part.name in names]


def run(part: Part, environ: Mapping[str, str]) -> Outcome:
    """Run the part's commands until one fails or its time is used up."""
    began, worked = time.monotonic(), cpu_seconds()
    over = began + part.minutes * 60 * OVERRUN
    why = ""
    for command in part.commands():
        left = over - time.monotonic()
        why = why_it_failed(command, environ, left)
        if why:
            break
    seconds = time.monotonic() - began
    passed, failed = map(sum, zip((0, 0), *map(counted, part.reports()), strict=True))
    if not why and not passed + failed:
        passed = 1  # a part without pytest is one thing that passes or fails
    return Outcome(part, seconds, cpu_seconds() - worked, passed, failed or int(bool(why)), why)


def cpu_seconds() -> float:
    """What the commands so far, and whatever they waited for, had of the processors."""
    spent = os.times()
    return spent.children_user + spent.children_system


def why_it_failed(command: list[str], environ: Mapping[str, str], seconds: float) -> str:
    """Run one command; the sentence that says what was wrong, or nothing."""
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environ), start_new_session=True)
    try:
        code = process.wait(max(seconds, 0.0))
    except subprocess.TimeoutExpired:
        end_group(process)
        return f"took more time than it has: {shlex.join(command)}"
    except KeyboardInterrupt:
        end_group(process)
        raise
    return f"exit code {code}: {shlex.join(command)}" if code else ""


def hear_interrupts() -> None:
    """Have Ctrl-C work in what we start: a shell that starts us with `&` ignores it, and so would every child."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask a command and what it started to end, as Ctrl-C would; kill it when it does not."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def counted(report: Path) -> tuple[int, int]:
    """Passed and failed tests of a pytest report; a skipped test is neither."""
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    tests, bad, skipped = 0, 0, 0
    for suite in suites:
        tests += int(suite.get("tests", 0))
        bad += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return tests - bad - skipped, bad


def what_failed(report: Path) -> list[str]:
    """Each failed test of a pytest report, and the first line of why: output is long, and its end is what is read."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    wrong = ((case, trouble) for case in cases for trouble in case if trouble.tag in ("failure", "error"))
    return [
        f"{case.get('classname', '')}::{case.get('name', '')}: {first_line(trouble.get('message', ''))}"
        for case, trouble in wrong
    ]


def first_line(text: str) -> str:
    """As much of it as goes into one line."""
    return next(iter(text.splitlines()), "")[:MESSAGE_MOST]


@dataclass(frozen=True)
class Package:
    """A line of a list of Debian packages. Where its `command` is on the PATH, wherever from, that is enough."""

    name: str
    command: str = ""

    def there(self) -> bool:
        """Whether there is nothing to install."""
        return bool(self.command and shutil.which(self.command)) or installed(self.name)


def wanted_packages(text: str) -> list[Package]:
    """The packages of a list: a name in each line, and a command that does as well; `#` begins a comment."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return [Package(*words) for words in lines if words]


def provide_packages(wanted: Path = PACKAGES) -> list[str]:
    """Install what is needed where that may be done; the packages that are missing all the same."""
    missing = [package for package in wanted_packages(wanted.read_text()) if not package.there()]
    names = [package.name for package in missing]
    if names and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(names)}", flush=True)
        for command in (["update", "-qq"], ["install", "-y", "-qq", *names]):
            subprocess.run(["apt-get", *command], check=False)
    return [package.name for package in missing if not package.there()]


def name_what_is_lacking(lacking: list[str]) -> None:
    """How to get it, where it could not be installed."""
    if lacking:
        print(f"Not installed, and some tests need it: apt-get install {' '.join(lacking)}", flush=True)


def installed(package: str) -> bool:
    """Whether dpkg knows the package as installed."""
    if not shutil.which("dpkg-query"):
        return False
    query = ["dpkg-query", "--show", "--showformat=${Status}", package]
    return "ok installed" in subprocess.run(query, capture_output=True, text=True, check=False).stdout


def environment(lacking: list[str]) -> dict[str, str]:
    """This environment with the tools of this Python first, and without a way to the source tree.

    The tests are told what could not be installed: they name what they cannot run without it.
    """
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{environ.get('PATH', os.defpath)}"
    return environ | {"PATH": path, "VERDIGRIS_LACKING": " ".join(lacking)}


def main(names: list[str]) -> int:
    """Run the named parts, or all; 0 when everything passed. `--provide FILE` installs packages, and runs nothing."""
    if names[:1] == ["--provide"]:
        name_what_is_lacking(provide_packages(Path(names[1])))
        return 0
    hear_interrupts()
    parts = chosen(parts_in(TABLE.read_text()), names)
    shutil.rmtree(REPORTS, ignore_errors=True)
    lacking = provide_packages()
    outcomes = []
    for part in parts:
        print(f"\n=== {part.name}: {part.command}", flush=True)
        outcomes.append(run(part, environment(lacking)))
    print("\n=== summary")
    for outcome in outcomes:
        print(outcome)
        for line in (line for report in outcome.part.reports() for line in what_failed(report)):
            print(f"  {line}")
    name_what_is_lacking(lacking)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{sum(outcome.passed for outcome in outcomes)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
