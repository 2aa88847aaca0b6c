"""The recipes of the guide against the real frameworks: two processes, two versions, and a rotation of keys."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from tests.docs.pages import DOCS, read
from tests.docs.running import blocks
from tests.servers.server import Server, free_port
from verdigris_kit.testing import Visitor

FILES = {block.how: block.text for block in blocks(read(DOCS / "guides" / "sessions.md"))}
ASGI = ["uvicorn", "--log-level", "warning", "--port"]
FRAMEWORKS = {
    "starlette": [*ASGI, "{port}", "starlette_app:app"],
    "django": [*ASGI, "{port}", "--lifespan", "off", "django_app:app"],
    "flask": ["flask", "--app", "flask_app", "run", "--port", "{port}"],
}
OLD_KEYS, NEW_KEYS = "the new one,the old one", "the old one,the new one"
"""In a rotation: each slot signs with its own key, which comes last, and accepts the other's."""


def placed(directory, slot):
    """All files of the guide, with the shape of one slot."""
    directory.mkdir()
    for name, text in FILES.items():
        where, _, bare = name.rpartition("/")
        if where in ("", slot):
            (directory / bare).write_text(text)
    return directory


def answers(port):
    try:
        return Visitor(f"http://127.0.0.1:{port}").get("/me").status == 401
    except OSError:
        return False


@contextmanager
def instance(directory, command, environ):
    port = free_port()
    words = [sys.executable, "-m", *(word.format(port=port) for word in command)]
    environ = {**os.environ, **environ, "PYTHONPATH": os.pathsep.join([str(directory), *sys.path])}
    url = f"http://127.0.0.1:{port}"
    server = Server(command[0], words, port, url, answers, directory / "log", environ=environ)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def ran(directory, script, *words, redis=""):
    environ = {**os.environ, "REDIS_URL": redis, "PYTHONPATH": os.pathsep.join([str(directory), *sys.path])}
    command = [sys.executable, script, *words]
    return subprocess.run(
        command, cwd=directory, env=environ, capture_output=True, text=True, timeout=50, check=False
    )


@pytest.fixture
def two(tmp_path, redis):
    """Starts an old and a new instance of a framework's recipe."""
    with ExitStack() as stack:

        def start(framework, keys=(OLD_KEYS, NEW_KEYS)):
            return [
                stack.enter_context(
                    instance(
                        placed(tmp_path / slot, slot),
                        FRAMEWORKS[framework],
                        {"SESSION_KEYS": secrets, "REDIS_URL": redis.url},
                    )
                )
                for slot, secrets in zip(("old", "new"), keys, strict=True)
            ]

        yield start


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_user_goes_back_and_forth_between_two_versions_of_a_framework(framework, two, tmp_path):
    old, new = two(framework)
    done = ran(tmp_path / "new", "prove.py", old.url, new.url)
    assert (0, "") == (done.returncode, done.stderr)
    assert re.fullmatch(
        r"logged in on old,( known on (old|new),)+ logged in on new,.* known on new", done.stdout.strip()
    )
    visitor = Visitor(old.url)
    visitor.post("/login", data={"name": "ada"})
    assert {"user": "ada"} == visitor.get("/me").json()
    visitor.at = new.url
    assert {"account": {"name": "ada"}} == visitor.get("/me").json()


@pytest.mark.parametrize("framework", ["starlette", "flask"])
def test_without_keys_that_overlap_the_proof_names_where_a_user_was_lost(framework, two, tmp_path):
    old, new = two(framework, ("only the old", "only the new"))
    done = ran(tmp_path / "new", "prove.py", old.url, new.url)
    assert 1 == done.returncode
    assert "logged in on old, known on old, and was not known on new" in done.stderr


@pytest.mark.parametrize("slot", ["old", "new"])
@pytest.mark.parametrize("script", ["tokens.py", "store.py"])
def test_the_examples_of_the_guide_do_what_they_say(script, slot, tmp_path, redis):
    done = ran(placed(tmp_path / slot, slot), script, redis=redis.url)
    assert (0, "") == (done.returncode, done.stderr)
