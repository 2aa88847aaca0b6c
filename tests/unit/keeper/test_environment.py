"""Which variables an instance may be given, and where their values come from."""

from pathlib import Path

import pytest

from verdigris.keeper.environment import base, check, resolve
from verdigris.keeper.protocol import KeeperError


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("LD_PRELOAD", "/x.so", "changes which code runs"),
        ("LD_LIBRARY_PATH", "/x", "changes which code runs"),
        ("BASH_ENV", "/x", "changes which code runs"),
        ("PYTHONSTARTUP", "/x", "changes which code runs"),
        ("PORT", "80", "set by verdigris itself"),
        ("ENVIRONMENT_NAME", "green", "set by verdigris itself"),
        ("VERDIGRIS_SLOT", "green", "set by verdigris itself"),
        ("PYTHONPATH", "env:PYTHONPATH", "write its value, not a reference"),
        ("PATH", "file:/etc/passwd", "write its value, not a reference"),
        ("A B", "x", "not a variable name"),
        ("1A", "x", "not a variable name"),
        ("", "x", "not a variable name"),
        ("A", "x\0y", "NUL byte"),
    ],
)
def test_a_variable_that_could_harm_is_refused(name: str, value: str, complaint: str) -> None:
    with pytest.raises(KeeperError, match=complaint):
        check({"GOOD": "1", name: value})


def test_harmless_variables_and_literal_search_paths_are_allowed() -> None:
    check(
        {
            "DATABASE_URL": "env:DATABASE_URL",
            "PYTHONPATH": "lib",
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",
        }
    )


def test_the_base_holds_four_variables_at_most() -> None:
    keeper = {"PATH": "/p", "HOME": "/h", "LANG": "C", "TZ": "UTC", "AWS_SECRET": "s", "PYTHONPATH": "x"}
    assert base(keeper) == {"PATH": "/p", "HOME": "/h", "LANG": "C", "TZ": "UTC"}
    assert base({}).keys() == {"PATH", "HOME", "LANG"}


def test_the_value_of_the_request_wins_over_the_keepers_own() -> None:
    assert resolve("T", "env:N", 1, {"N": "today"}, {"N": "long ago"}) == "today"
    assert resolve("T", "env:N", 1, {}, {"N": "long ago"}) == "long ago"


def test_a_port_is_put_into_literals_and_never_into_a_secret() -> None:
    assert resolve("U", "http://x:{port}/", 81, {}, {}) == "http://x:81/"
    assert resolve("U", "env:N", 81, {"N": "{port}"}, {}) == "{port}"


def test_a_file_is_read_at_each_start_without_its_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("one\n")
    assert resolve("S", f"file:{path}", 1, {}, {}) == "one"
    path.write_text("two")
    assert resolve("S", f"file:{path}", 1, {}, {}) == "two"


def test_a_credential_is_read_from_the_directory_of_systemd(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    keeper = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert resolve("S", "credential:token", 1, {}, keeper) == "t"
    for name in ("../token", "..", ""):
        with pytest.raises(KeeperError, match="LoadCredential"):
            resolve("S", f"credential:{name}", 1, {}, keeper)
    with pytest.raises(KeeperError, match="LoadCredential"):
        resolve("S", "credential:token", 1, {}, {})


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 70_000, b"a\0b"])
def test_what_cannot_be_read_is_said_without_its_content(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeeperError, match=f"S .*{path}") as failure:
        resolve("S", f"file:{path}", 1, {}, {})
    assert "xxxx" not in failure.value.sentence
    with pytest.raises(KeeperError, match="absolute path"):
        resolve("S", "file:relative", 1, {}, {})
