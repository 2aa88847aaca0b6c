import json
import subprocess
import sys

import pytest

from verdigris_kit.events import Breaking, Events, compare

PAID = {"type": "object", "properties": {"id": {"type": "integer"}}}


def document(schema, direction="sent"):
    events = Events()
    events.declare("order.paid", schema, direction)
    return events.document()


def test_the_document_has_a_version_and_each_event_with_its_direction():
    assert {
        "version": 1,
        "events": {"order.paid": {"direction": "sent", "schema": {"type": "string"}}},
    } == document({"type": "string"})


def test_the_document_is_what_was_declared_even_if_that_is_changed_later():
    schema = {"type": "object", "properties": {}}
    events = Events()
    events.declare("a", schema)
    schema["properties"]["b"] = {"type": "string"}
    assert {} == events.document()["events"]["a"]["schema"]["properties"]


def test_an_event_that_is_gone_or_turned_round_breaks_and_a_new_one_does_not():
    both = Events()
    both.declare("order.paid", PAID)
    both.declare("order.void", PAID)
    assert [] == compare(document(PAID), both.document())
    assert [Breaking("order.void", "", "is no longer sent")] == compare(both.document(), document(PAID))
    [turned] = compare(document(PAID), document(PAID, "received"))
    assert "order.paid: was sent and is received now" == str(turned)


@pytest.mark.parametrize("name", ["", "a b", "a..b", "é"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="is no name. Give words with full stops between"):
        Events().declare(name, {})


def test_a_name_that_is_taken_and_a_direction_that_is_none_are_refused():
    events = Events()
    events.declare("a", {})
    with pytest.raises(ValueError, match="a is declared twice"):
        events.declare("a", {})
    with pytest.raises(ValueError, match="direction is 'out'. Give 'sent' or 'received'"):
        events.declare("b", {}, "out")


@pytest.mark.parametrize(
    "old",
    [
        *(
            [],
            {},
            {"version": 2, "events": {}},
            {"version": 1, "events": []},
            {"version": 1, "events": {"a": 5}},
        ),
        {"version": 1, "events": {"a": {"direction": "sent"}}},
    ],
)
def test_what_is_no_document_is_refused_with_its_name(old):
    with pytest.raises(ValueError, match="^old: "):
        compare(old, document(PAID))


@pytest.fixture
def run(tmp_path):
    (tmp_path / "hooks.py").write_text(
        "from verdigris_kit.events import Events\n"
        "events = Events()\n"
        "events.declare('order.paid', {'type': 'object', 'properties': {'id': {'type': 'integer'}}})\n"
    )

    def command(*arguments):
        command = [sys.executable, "-W", "error", "-m", "verdigris_kit.events", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False)
        return done.returncode, done.stdout, done.stderr

    return command


def test_the_command_writes_the_document_and_compares_with_an_older_one(run, tmp_path):
    code, out, err = run("hooks:events")
    assert (0, "", ["order.paid"]) == (code, err, list(json.loads(out)["events"]))
    older = tmp_path / "older.json"
    older.write_text(out)
    assert (0, "", "") == run("hooks:events", "--since", str(older))
    older.write_text(out.replace("integer", "string"))
    assert (1, "order.paid: id: type may be integer now, it was string\n", "") == run(
        "hooks:events", "--since", str(older)
    )


@pytest.mark.parametrize("where", ["hooks", "hooks:nothing", "nowhere:events", ":"])
def test_the_command_says_what_it_cannot_find(run, where):
    code, out, err = run(where)
    assert (2, "") == (code, out)
    assert "Give it as 'shop.hooks:events'." in err
    assert "Traceback" not in err


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "null"])
def test_the_command_says_what_is_no_older_document(run, tmp_path, text):
    older = tmp_path / "older.json"
    older.write_text(text)
    code, out, err = run("hooks:events", "--since", str(older))
    assert (2, "", 1) == (code, out, err.count("\n"))
    assert f"{older}: is no" in err
