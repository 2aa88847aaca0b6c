"""Secrets are given by reference and reach whom they are for. Nowhere else may one be found."""

from __future__ import annotations

import json
import secrets
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.bad_input.project import Project
from tests.certifying import KEY, certificate, pem
from tests.contents import contents
from tests.ports import free_port

SHOWING = (
    "status --json",
    "report --json",
    "report --markdown",
    "history --json",
    "config --json",
    "plan",
    "logs",
    "logs router",
    "logs keeper",
    "logs controller",
    "doctor --json",
    "rollback",
)

PREVIEW_IS_ASKED = "the router finds in it whether a request may choose its slot"
LIVES = {
    "router/preview.secret": "it is made once and outlives every restart",
    "router/preview.map": PREVIEW_IS_ASKED,
    "router/preview-blue.header": "for `curl -H @file`, so that nobody types it where others can see it",
    "router/preview-green.header": "for `curl -H @file`, so that nobody types it where others can see it",
    "router/certs/api.pem": "the router starts from it, when the file that it came from may be gone",
}
"""Where a secret has to lie, below the state directory, and why. Each is readable for its owner alone."""

KNOWS = {
    "keeper": "it starts instances again, with the variables of whoever deployed",
    "controller": "it posts alerts, and starts a keeper that was killed with what that had",
    "instance": "they are for it",
}
"""Whose environment may hold what the deploying shell had exported, and why."""


class Receiver:
    """Takes alerts."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        heard = self.heard

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                """It says nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Take)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_no_secret_is_found_anywhere_but_where_it_has_to_be(project: Project, receiver: Receiver):
    in_variable, in_url, in_file, in_hook, in_login = (f"canary-{secrets.token_hex(12)}" for _ in range(5))
    (project.place / "key").write_text(f"{in_file}\n")
    (project.place / "site.pem").write_bytes(certificate("localhost") + pem(KEY))
    project.configure(**changes(project, within={"validate": "2s"}))
    environ = {
        "DB_PASSWORD": in_variable,
        "DATABASE_URL": f"postgresql://api:{in_url}@db.internal/orders?sslmode=require",
        "HOOK": f"http://hook:{in_login}@{receiver.address}/{in_hook}?token={in_hook}",
    }
    said = [project.deploy("1.0.0", "good", "--debug", **environ)]
    assert [in_variable, environ["DATABASE_URL"], in_file] == known_to_the_instance(project)
    said += [project.deploy("2.0.0", "degraded", "--json", **environ)]
    said += [project.deploy("3.0.0", "crashes", "--debug", **environ)]
    assert [0, 11, 11] == [ran.code for ran in said], [ran.said for ran in said]
    said += [project.run(*line.split(), **environ) for line in SHOWING]
    given = (in_variable, in_url, in_file, in_hook, in_login)
    made = ((project.state / "router/preview.secret").read_text().strip(), key_line())
    for canary in given + made:
        assert [] == [ran.words for ran in said if canary in ran.out + ran.err]
        assert [] == [alert for alert in receiver.heard if canary in alert]
        assert [] == [line for line in command_lines() if canary in line]
        assert set() == set(holding(project.state, canary)) - (set(LIVES) if canary in made else set())
        assert set() == knowing(project, canary) - set(KNOWS)
    assert receiver.heard
    assert {} == {name: mode for name, mode in modes(project.state).items() if mode & 0o077}


def changes(project: Project, **more: object) -> dict[str, object]:
    """What brings a secret of every kind into a configuration."""
    references = {"DB_PASSWORD": "env:DB_PASSWORD", "DATABASE_URL": "env:DATABASE_URL"}
    return {
        "run": {"env": references | {"API_KEY": f"file:{project.place / 'key'}"}},
        "route": {"tls": {"listen": f"127.0.0.1:{free_port()}", "certificate": "site.pem"}},
        "alerts": {"webhook": "env:HOOK", "after": "0s"},
        **more,
    }


def known_to_the_instance(project: Project) -> list[str]:
    """What the application finds in its environment, by its own account."""
    with urllib.request.urlopen(f"{project.url}environment", timeout=5) as answer:
        found = json.load(answer)
    return [found["DB_PASSWORD"], found["DATABASE_URL"], found["API_KEY"]]


def key_line() -> str:
    """A line of the private key that is in no certificate."""
    return pem(KEY).decode().splitlines()[1]


def holding(state: Path, canary: str) -> Iterator[str]:
    """The files in which it stands."""
    for path, text in contents(state).items():
        if canary.encode() in text:
            yield str(path.relative_to(state))


def modes(state: Path) -> dict[str, int]:
    """Of the files in which a secret has to lie."""
    return {name: (state / name).stat().st_mode for name in LIVES}


def command_lines() -> Iterator[str]:
    """What everybody can read of every process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode(errors="replace")
        except OSError:  # it is gone
            continue


def knowing(project: Project, canary: str) -> set[str]:
    """Which of the project's processes have it in their environment, by what they are."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            environ = dict(
                pair.partition("=")[::2]
                for pair in (path / "environ").read_text(errors="replace").split("\0")
            )
            ours = path.joinpath("cwd").resolve().is_relative_to(project.place)
        except OSError:  # it is gone
            continue
        if (ours or str(project.place) in words) and any(canary in value for value in environ.values()):
            found.add(what(words, environ))
    return found


def what(words: str, environ: Mapping[str, str]) -> str:
    if "VERDIGRIS_INSTANCE" in environ:
        return "instance"
    return (
        "keeper" if "verdigris.keeper" in words else "controller" if words.rstrip().endswith(" up") else words
    )


@pytest.mark.parametrize(
    "configuration",
    [
        {"run": {"env": {"DATABASE_URL": "postgresql://api:CANARY@db/orders"}}},
        {"run": {"env": {"DATABASE_URL": "postgresql://db/orders?user=api&password=CANARY"}}},
        {"run": {"env": {"REPOSITORY": "https://CANARY@git.example/api"}}},
        {"run": {"env": {"DB_PASSWORD": "CANARY"}}},
        {"run": {"env": {"TOKEN": "env:CANARY-not-a-name"}}},
        {"alerts": {"webhook": "https://hook:CANARY@chat.example/services"}},
        {"alerts": {"webhook": "https://chat.example/services?token=CANARY"}},
        {"alerts": {"webhook": "https://chat.example/services/CANARY"}},
    ],
    ids=lambda configuration: json.dumps(configuration)[:60],
)
def test_a_secret_that_stands_in_the_file_is_refused_and_not_repeated(project: Project, configuration):
    canary = f"canary-{secrets.token_hex(12)}"
    project.configure(**json.loads(json.dumps(configuration).replace("CANARY", canary)))
    for words in (("deploy",), ("plan", "--json")):
        ran = project.run(*words)
        assert (2, False) == (ran.code, canary in ran.out + ran.err)
