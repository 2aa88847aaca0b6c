"""The examples of the guide, run in their order as one program."""

import sqlite3

from tests.docs.pages import DOCS
from tests.kit.examples import run
from verdigris_kit.events import Events, compare
from verdigris_kit.webhooks import Signatures, new_secret

GUIDE = DOCS / "guides" / "webhooks.md"


def test_the_guide_s_examples_do_what_it_says(tmp_path):
    paid, secret = [], new_secret()
    made = run(
        GUIDE, connect=lambda: sqlite3.connect(tmp_path / "a.db"), secret=secret, mark_as_paid=paid.append
    )
    assert "https://api.example.com/webhooks/paid?order=7" == made["url"]

    sent = Signatures(secret).headers("msg_1", made["body"])
    assert [204, 204] == [made["endpoint"](sent, made["body"])[0] for _ in range(2)]
    assert (401, [7]) == (made["endpoint"]({}, b"")[0], paid)
    assert Signatures(made["theirs"]).verify(made["headers"], made["body"])


def test_the_lines_that_the_guide_shows_are_those_that_are_printed():
    old = {"properties": {"id": {"type": "integer"}, "total": {"type": "number"}}, "required": ["id"]}
    new = {"properties": {"id": {"type": "string"}}, "required": ["id"]}
    printed = {str(found) for found in compare(declared(old), declared(new))}
    assert [] == [line for line in printed if line not in GUIDE.read_text()]
    assert 2 == len(printed)


def declared(schema):
    events = Events()
    events.declare("order.paid", {"type": "object", **schema})
    return events.document()
