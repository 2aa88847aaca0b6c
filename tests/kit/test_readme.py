"""The first page of the kit: what a newcomer copies runs as it stands there, and answers as it says."""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.kit.examples import run

README = Path(__file__).parents[2] / "kit" / "README.md"
VARIABLES = {"API_VERSION": "1.4.0", "ENVIRONMENT_NAME": "blue"}


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    made = run(README)["app"]
    yield made
    made.leaving._sigterm.remove()


async def test_the_first_snippet_is_a_whole_application_and_answers_what_is_shown(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        answers = [await client.get(path) for path in ("/", "/health", "/ready")]
    assert [200, 200, 200] == [answer.status_code for answer in answers]
    assert {("1.4.0", "blue")} == {(a.headers["x-api-version"], a.headers["x-environment"]) for a in answers}
    (shown,) = re.findall(r"^```json\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    assert settled(json.loads(shown)) == settled(answers[1].json())


def settled(report):
    """Without what is another with every look."""
    return {**report, "age": 0, "checks": {**report["checks"], "uptime": 0}}


def test_what_to_install_comes_before_everything_else():
    first = re.search(r"^```.*?^```$|^    \S.*$", README.read_text(), re.MULTILINE | re.DOTALL)
    assert "pip install ./kit" in first.group()
