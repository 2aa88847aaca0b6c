"""What a user can meet is documented: keys, verbs, exit codes, phases, headers, events, files and words."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, read
from verdigris.adapters.routers.haproxy.words import ANSWERS
from verdigris.cli.exits import Exit
from verdigris.cli.verbs import VERBS
from verdigris.config.catalogue import entries
from verdigris.core.lifecycle import ROWS
from verdigris.core.world import Verb

SOURCE = [path for path in sorted((ROOT / "src").rglob("*.py")) if "testing" not in path.parts]
HEADER = re.compile(r"X-(?:Verdigris-\w+|Environment|API-Version|Request-(?:Id|Start)|Forwarded-\w+)")
OWN_ANSWER = re.compile(r"""return status (\d+) \{answer\(['"]([a-z-]+)['"]\)""")
CODE = re.compile(r"`([^`\n]+)`")

FILES = (
    *(
        "installation",
        "verdigris.db",
        "controller.lock",
        "controller.sock",
        "controller.log",
        "rolled-back-<app>.json",
    ),
    *(
        "keeper.lock",
        "keeper.sock",
        "keeper.json",
        "keeper.log",
        "command.log",
        "haproxy.cfg",
        "haproxy.sock",
    ),
    *("share.map", "latch.map", "preview.map", "preview.secret", "lines.sock", "haproxy.log"),
    *("sites.map", "users.map", "hold.lua", "controller.wiring"),
)


def reference(page: str) -> str:
    return read(DOCS / "reference" / page)


def words() -> set[str]:
    return set(re.findall(r"^\| ([a-z ]+) \|", read(DOCS / "concepts" / "glossary.md"), re.MULTILINE))


@pytest.mark.parametrize("key", [e.name for e in entries() if not e.section])
def test_every_configuration_key_is_documented(key):
    assert f"`{key}`" in reference("configuration.md")


def test_pages_name_no_configuration_key_that_does_not_exist():
    known = {e.name.replace("[]", "") for e in entries()}
    sections = {e.name.partition(".")[0] for e in entries() if e.section}
    dotted = re.compile(rf"({'|'.join(sections)})(\.[a-z_0-9]+)+")
    for page in PAGES:
        for code in CODE.findall(read(page)):
            found = dotted.match(code)
            assert not found or found[0] in known or "(" in code, f"{page.name}: {code}"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented(verb):
    assert f"## verdigris {verb}\n" in reference("cli.md")


def test_every_command_in_the_pages_exists_with_its_options():
    page = reference("cli.md")
    for path in PAGES:
        for verb, rest in re.findall(r"(?:^|[`$&(] ?)verdigris ([a-z]+)([^`|\n]*)", read(path), re.MULTILINE):
            assert verb in VERBS, f"{path.name}: verdigris {verb}"
            chapter = page.partition(f"## verdigris {verb}\n")[2].partition("\n## ")[0]
            for option in re.findall(r"(?<!\S)--[a-z-]+", rest.partition("#")[0]):
                assert f"`{option}`" in chapter + page.partition("\n## ")[0], (
                    f"{path.name}: verdigris {verb} {option}"
                )


@pytest.mark.parametrize("code", list(Exit))
def test_every_exit_code_is_documented(code):
    assert f"\n| {int(code)} | " in reference("exit-codes.md")


@pytest.mark.parametrize("phase", ROWS)
def test_every_phase_is_documented_and_drawn(phase):
    assert re.search(rf"^\| `{phase}`", read(DOCS / "concepts" / "life-cycle.md"), re.MULTILINE)
    assert f">{phase}</text>" in read(DOCS / "concepts" / "life-cycle.svg")


@pytest.mark.parametrize("header", sorted({h for path in SOURCE for h in HEADER.findall(path.read_text())}))
def test_every_header_of_ours_is_documented(header):
    assert f"`{header}`" in reference("headers.md")


OWN_ANSWERS = {found for path in SOURCE for found in OWN_ANSWER.findall(path.read_text())}


@pytest.mark.parametrize(
    ("status", "error"), sorted({*ANSWERS.items(), *((int(s), e) for s, e in OWN_ANSWERS)})
)
def test_every_answer_of_the_router_itself_is_documented(status, error):
    assert f"| `{error}` | {status} |" in reference("headers.md")


def test_every_kind_of_event_is_documented():
    kinds = {kind for path in SOURCE for kind in re.findall(r'Note\(\s*"([a-z ]+)"', path.read_text())}
    assert [] == sorted(kind for kind in kinds if f"| `{kind}` |" not in reference("events.md"))


@pytest.mark.parametrize("file", FILES)
def test_every_file_of_the_state_directory_is_documented_and_written_somewhere(file):
    assert file in reference("state-directory.md")
    written = re.compile(re.sub("<[a-z]+>", r"\\{[^}]+\\}", file) + '[" ]')
    assert any(written.search(path.read_text()) for path in SOURCE)


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = [re.split(r"[\[<>=]", dependency)[0] for dependency in wanted]
    said = re.findall(r"^\| `([\w-]+)` \|", read(DOCS / "decisions" / "dependencies.md"), re.MULTILINE)
    assert sorted(names) == sorted(said)


def test_the_glossary_has_every_phase_and_every_command_and_is_in_order():
    spelled = {
        "rolled_back": "roll back",
        "rollback": "roll back",
        "aborted": "abort",
        "succeeded": "succeed",
        "pause-all": "pause all",
    }
    met = {spelled.get(name, name) for name in (*ROWS, *Verb)}
    assert [] == sorted(met - words())
    listed = re.findall(r"^\| ([a-z ]+) \|", read(DOCS / "concepts" / "glossary.md"), re.MULTILINE)[1:]
    assert sorted(listed) == listed


def test_the_glossary_has_the_roles_and_what_is_no_role():
    assert {"live", "candidate", "retained", "empty", "slot"} <= words()


def test_no_page_knows_the_machine_it_was_written_on():
    for page in PAGES:
        assert not re.search(r"/(?:root|home|tmp|work)/", read(page).replace("/tmp/orders.db", "")), page


def test_the_readme_begins_with_the_two_commands():
    screen = "\n".join(read(ROOT / "README.md").splitlines()[:40])
    assert [] == [c for c in ("make demo", "verdigris init", "verdigris deploy") if c not in screen]


def test_pages_are_short():
    lists = ("configuration.md", "cli.md")
    assert [] == [p.name for p in PAGES if p.name not in lists and len(read(p).splitlines()) > 280]


def test_no_documentation_file_is_left_behind():
    known = {".md", ".svg", ".json"}
    assert [] == [str(p) for p in Path(DOCS).rglob("*") if p.is_file() and p.suffix not in known]
