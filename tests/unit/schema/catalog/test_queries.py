"""The questions fit the server that they are put to."""

from __future__ import annotations

from verdigris.schema.catalog.queries import queries


def test_every_question_is_answered_by_its_server(server):
    with server.create().connected() as connection:
        for text in queries(server.version).values():
            connection.execute(text).fetchall()


def test_older_servers_are_not_asked_for_what_they_lack():
    assert "conenforced" in queries(180_000)["constraint"]
    assert "conenforced" not in queries(150_000)["constraint"]
    assert "indnullsnotdistinct" not in queries(140_000)["index"]
