"""tests/unit mirrors src: whoever looks for the tests of a module finds them without searching.

A module has a test file of its own name in the folder that mirrors its own, or stands in `TOGETHER` with the file
there that tests it among others. The table may only get shorter: an entry that is not needed any more fails.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

UNIT = Path(__file__).parent
ROOT = UNIT.parents[1]
SOURCES = {ROOT / "src/verdigris": UNIT, ROOT / "kit/src/verdigris_kit": UNIT / "kit"}
"""Where modules are, and where their tests are."""

NO_MODULES = {"__init__", "__main__"}
ELSEWHERE = ("adapters/stores/migrations",)
"""Run by every test that opens a store; tests/unit/adapters/stores/test_upgrade.py holds them to the tables."""
NOT_OF_SRC = ("scripts",)
"""Folders of tests that mirror another directory than src."""

VERBS = {
    **dict.fromkeys(("abort", "asking", "hold", "promote", "resume", "rollback"), "test_steering"),
    **dict.fromkeys(("config", "doctor", "init", "plan", "recover", "teardown", "up"), "test_keeping"),
    **dict.fromkeys(("maintenance", "pause", "unpause"), "test_pausing"),
    **dict.fromkeys(("docs", "explain", "history", "logs", "report", "status", "watch"), "test_reading"),
    **dict.fromkeys(("options", "session", "verbs"), "test_edge"),
}
SCREENS = dict.fromkeys(("explain", "progress", "status", "watch"), "test_screens")
SMALL_PARTS = dict.fromkeys(
    ("children", "codec", "directory", "journal", "logs", "ports", "restarts", "wanted"), "test_small_parts"
)

TOGETHER = {
    "cli/strictly": "test_counting",
    "core/actions": "test_safety",
    "keeper/reboot": "test_keeper",
    "adapters/routers/haproxy/grammar": "test_settings",
    "adapters/routers/haproxy/handing": "test_certificates",
    "adapters/routers/haproxy/leaving": "test_runner",
    "adapters/routers/haproxy/pair": "test_certificates",
    "adapters/stores/rows": "test_sql",
    "adapters/stores/tables": "test_upgrade",
    **{f"cli/{verb}": tests for verb, tests in VERBS.items()},
    "cli/show/chapters": "test_story",
    "cli/show/html": "test_plots",
    "cli/show/svg": "test_plots",
    **{f"cli/show/{screen}": tests for screen, tests in SCREENS.items()},
    "config/models": "test_catalogue",
    "core/occasions": "test_drills",
    "core/routes": "test_safety",
    "config/section": "test_load",
    "config/settings": "test_load",
    "engine/parts": "test_look",
    **{f"keeper/{part}": tests for part, tests in SMALL_PARTS.items()},
    "keeper/observed": "test_looks",
    "testing/conformance/environment": "test_suites",
    "testing/conformance/environment_scene": "test_suites",
    "testing/conformance/router": "test_suites",
    "testing/conformance/router_faults": "test_suites",
    "testing/conformance/router_pause": "test_suites",
    "testing/conformance/router_scene": "test_suites",
    "testing/conformance/router_streams": "test_suites",
    "testing/conformance/store": "test_suites",
    "testing/conformance/schema": "test_suites",
    "testing/conformance/source": "test_suites",
    "testing/conformance/store_counts": "test_suites",
    "testing/conformance/store_log": "test_suites",
    **{
        f"testing/planted_{part}": "test_planted"
        for part in ("drills", "evidence", "roles", "traffic", "ways")
    },
    "testing/planting": "test_planted",
    "kit/cache/entry": "test_entries",
    "kit/hosts": "test_guard",
}
"""Module -> the test file, in the folder that mirrors the module's own, in which it is tested among others."""

AGAINST_THE_REAL = {
    **dict.fromkeys(("kit/cache/caches", "kit/cache/core"), "cache/test_backends"),
    **dict.fromkeys(("kit/cache/bounds", "kit/cache/trouble", "kit/clients"), "cache/test_trouble"),
    "kit/cache/manners": "cache/test_stampede",
    "kit/celery": "role/test_schedulers",
    "kit/events_command": "webhooks/test_guide",
    "kit/grpc": "grpc/test_statuses",
    "kit/grpc_control": "grpc/test_control",
    "kit/guarded": "rehearsal/test_guard",
    "kit/leaving/signals": "leaving/test_requests",
    "kit/lending": "webhooks/test_stores",
    "kit/once": "cache/test_trouble",
    "kit/sessions/carried": "sessions/test_guide",
    **dict.fromkeys(("kit/sessions/keys", "kit/sessions/tokens"), "sessions/test_tokens"),
    "kit/sessions/store": "sessions/test_store",
    "kit/statements/hooks": "statements/test_hooks",
    "kit/webhooks/receiver": "webhooks/test_receiver",
    **dict.fromkeys(("kit/webhooks/stores", "kit/webhooks/table"), "webhooks/test_stores"),
}
"""Modules that say little without the server or framework they are made for -> their test file in tests/kit."""

STORIES = {
    "adapters/environments/process/test_speaking_grpc",
    "testing/test_counted_histories",
    "adapters/routers/haproxy/test_plainest",
    "adapters/routers/haproxy/test_renewal",
    "adapters/routers/haproxy/test_requests",
    "adapters/routers/haproxy/test_turning",
    "adapters/stores/test_disk",
    "cli/schema/test_bad_input",
    "cli/show/test_words",
    "cli/test_terminal",
    "core/test_rules",
    "keeper/test_counting",
    "keeper/test_haproxy",
    "test_mirror",
    "test_bench_results",
}
"""Test files that tell of several modules at once and are nobody's own."""


def modules() -> dict[str, Path]:
    """Every module that has to be tested, by where its tests are to be: `adapters/stores/sql`, `kit/asgi`."""
    found = {}
    for source, tests in SOURCES.items():
        for path in sorted(source.rglob("*.py")):
            name = (tests / path.relative_to(source)).relative_to(UNIT).with_suffix("").as_posix()
            if path.stem not in NO_MODULES and not name.startswith(ELSEWHERE):
                found[name] = path
    return found


def files_of_tests() -> dict[str, Path]:
    """Every test file in a folder that mirrors src."""
    found = {path.relative_to(UNIT).with_suffix("").as_posix(): path for path in UNIT.rglob("test_*.py")}
    return {name: path for name, path in sorted(found.items()) if not name.startswith(NOT_OF_SRC)}


def own(module: str) -> str:
    """The test file of the module's own name."""
    folder, _, name = module.rpartition("/")
    return f"{folder}/test_{name}".removeprefix("/")


def shared(module: str) -> str:
    return f"{module.rpartition('/')[0]}/{TOGETHER[module]}"


def public_names(path: Path) -> set[str]:
    """What the module offers: the texts of its `__all__`."""
    for statement in ast.parse(path.read_text()).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return set(ast.literal_eval(statement.value))
    return set()


MODULES, TESTS = modules(), files_of_tests()


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_tests_where_one_looks_for_them(module):
    where = f"write tests/unit/{own(module)}.py, or name in TOGETHER the file beside it that tests {module}"
    assert own(module) in TESTS or module in TOGETHER or module in AGAINST_THE_REAL, where


@pytest.mark.parametrize("module", AGAINST_THE_REAL)
def test_who_is_tested_against_the_real_thing_is_tested_there_alone(module):
    assert module in MODULES, "there is no such module any more: take it out of AGAINST_THE_REAL"
    assert own(module) not in TESTS and module not in TOGETHER, "it has tests beside it: take it out"
    assert (ROOT / f"tests/kit/{AGAINST_THE_REAL[module]}.py").is_file()


@pytest.mark.parametrize("module", TOGETHER)
def test_who_is_tested_together_with_others_really_is(module):
    assert module in MODULES, "there is no such module any more: take it out of TOGETHER"
    assert shared(module) in TESTS, f"there is no tests/unit/{shared(module)}.py"
    words = {MODULES[module].stem, *public_names(MODULES[module])}
    mentioned = set(re.findall(r"\w+", TESTS[shared(module)].read_text()))
    assert words & mentioned, f"tests/unit/{shared(module)}.py names neither {module} nor what it offers"


@pytest.mark.parametrize("module", TOGETHER)
def test_who_has_tests_of_its_own_stands_in_no_table(module):
    assert own(module) not in TESTS, f"tests/unit/{own(module)}.py is there: take {module} out of TOGETHER"


@pytest.mark.parametrize("tests", TESTS)
def test_every_test_file_is_somebodys(tests):
    somebodys = {*map(own, MODULES), *map(shared, TOGETHER)}
    assert (tests in somebodys) is not (tests in STORIES), f"{tests}: of no module, or listed without need"


def test_every_story_is_there():
    assert set() == STORIES - set(TESTS)
