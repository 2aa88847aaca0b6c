"""What a deploy would do to the schema is tried on a shadow of a real server, and production stays as it is."""

import json

import pytest

from tests.unit.cli.schema.conftest import NOTE, NOTES, OLD, RENAME
from verdigris.cli.edge import run
from verdigris.cli.schema.foreseeing import foreseen
from verdigris.cli.session import Session
from verdigris.cli.voice import Voice

EXPANDED, CONTRACTED = ("001_amount.expand.sql", "002_amount.backfill.sql"), ("003_total.contract.sql",)


def looked(site, of=None):
    session = Session(build=lambda config, state, app: site.house, voice=Voice(wall=site.house.wall))
    return foreseen(session, of, lambda sentence: None)


def shipped(site, sent):
    site.write("1.0", sent=sent)
    site.house.ship("1.0")
    return site.house.desk().newest("orders").deployment


def test_the_steps_are_told_apart_and_proven_and_nothing_is_written(site):
    site.write("source", **RENAME)
    found = looked(site, shipped(site, OLD))
    assert (EXPANDED, CONTRACTED, "proven", False) == (
        found.expand, found.contract, found.verdict, found.refused,
    )  # fmt: skip
    assert ["id", "total"] == site.columns()
    assert not (site.house.state / "schema").exists()


def test_what_breaks_live_is_a_deploy_that_would_be_refused(site):
    site.write("source", **NOTE)
    found = looked(site, shipped(site, NOTES))
    assert ("disproven", True) == (found.verdict, found.refused)
    assert "001_note.expand.sql: statement 1 breaks `SELECT note FROM orders" in found.sentence


def test_a_first_release_breaks_nobody(site):
    site.write("source", **RENAME)
    assert ("proven", False) == (looked(site).verdict, looked(site).refused)


def test_what_cannot_be_run_is_refused_and_what_cannot_be_asked_is_unknown(site, monkeypatch):
    of = shipped(site, OLD)
    assert "is no directory of the release" in looked(site, of).sentence
    assert looked(site, of).refused
    monkeypatch.setenv("OWNER", "postgresql://nobody@127.0.0.1:1/nothing")
    site.write("source", **NOTE)
    found = looked(site, of)
    assert ("owed", False) == (found.verdict, found.refused)
    assert found.sentence.startswith("it could not be tried: ")


@pytest.mark.parametrize(("words", "code"), [((), 11), (("--no-prove",), 0)])
def test_a_plan_says_so(site, words, code):
    site.write("source", **NOTE)
    shipped(site, NOTES)
    site.capsys.readouterr()
    (site.house.state / "verdigris.yaml").touch()
    session = Session(build=lambda config, state, app: site.house, voice=Voice(wall=site.house.wall))
    assert code == run(
        ["plan", *words, "--config", str(site.house.state / "verdigris.yaml"), "--json"], session
    )
    *_, document = map(json.loads, site.capsys.readouterr().out.splitlines())
    assert code == document["exit"]
    assert ("disproven" if code else None) == (document["schema"] or {}).get("verdict")
