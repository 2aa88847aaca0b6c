"""What the demo tells of verdigris-kit: asked of real instances, whose files lie as the keeper lays them."""

import re
from pathlib import Path

import pytest

from demo_kit import ask, sentences
from tests.waiting import eventually_sync

README = Path(__file__).parents[2] / "README.md"
TEA = {"item": "tea"}
SENTENCE = re.compile(
    r"(blue |green) is (live    |retained) · its job wrote [ \d]\d lines · \d+ of \d+ orders were in the cache"
)


@pytest.fixture
def instance(start, tmp_path):
    """Start one in a slot, with the secret, the role and the log where the keeper has them."""
    state = tmp_path / "state"
    (state / "logs").mkdir(parents=True)

    def run(slot, role):
        told = state / "told" / f"orders.{slot}" / "0123456789abcdef"
        told.mkdir(parents=True)
        (told / "secret").touch(0o600)
        (told / "secret").write_text(f"{slot}'s own\n")
        (told / "role").write_text(f"{role}\n")
        server = start(
            VERDIGRIS_SLOT=slot,
            VERDIGRIS_SECRET_FILE=str(told / "secret"),
            VERDIGRIS_ROLE_FILE=str(told / "role"),
        )
        (state / "logs" / f"orders.{slot}-1.log").symlink_to(tmp_path / f"{server.port}.log")
        return server

    run.state = state
    return run


def test_each_slot_says_its_role_its_job_and_its_cache(instance):
    blue, green = instance("blue", "retained"), instance("green", "live")
    number = green.ask("POST", "/orders", TEA).body["id"]
    for _ in range(3):
        green.ask("GET", f"/orders/{number}")
    assert 200 == blue.ask("GET", f"/orders/{number}").status
    told = eventually_sync(lambda: job_was_seen(instance.state), "a line of the job")
    assert ["blue ", "green"] == [line[:5] for line in told]
    assert told[0] == "blue  is retained · its job wrote  0 lines · 0 of 1 orders were in the cache"
    assert re.fullmatch(
        r"green is live     · its job wrote  \d lines · 2 of 3 orders were in the cache", told[1]
    )


def job_was_seen(state):
    told = list(sentences(state))
    return told if " 0 lines" not in told[1] else None


def test_where_nobody_serves_there_is_nothing_to_say(tmp_path):
    assert [] == list(sentences(tmp_path))


def test_a_session_is_asked_for_with_its_token(start):
    server = start()
    assert {"orders"} == set(ask(f"http://127.0.0.1:{server.port}/orders"))
    assert 1 == ask(f"http://127.0.0.1:{server.port}/orders", TEA)["id"]


def test_the_readme_shows_what_the_demo_says():
    assert ["blue ", "green"] == [slot for slot, _ in SENTENCE.findall(README.read_text())]
