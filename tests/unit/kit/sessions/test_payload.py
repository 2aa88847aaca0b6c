import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris_kit import counts
from verdigris_kit.sessions import Carried, Versions
from verdigris_kit.sessions.payload import Reading, read, written

UP = {1: lambda data: {"user": {"id": data["user_id"]}}}
DOWN = {2: lambda data: {"user_id": data["user"]["id"]}}
OLD, NEW, DOUBLING = Versions(1), Versions(2, UP), Versions(2, UP, DOWN)
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["1", "2", "3", "x"]), inner),
)


def test_the_new_version_reads_what_the_old_one_wrote():
    assert Reading({"user": {"id": 7}}) == read(NEW, written(OLD, {"user_id": 7}))


def test_with_a_downgrade_the_old_version_reads_what_the_new_one_wrote():
    assert Reading({"user_id": 7}) == read(OLD, written(DOUBLING, {"user": {"id": 7}}))


def test_without_one_the_old_version_refuses_it_by_its_name():
    assert Reading(None, "newer") == read(OLD, written(NEW, {"user": {"id": 7}}))


def test_what_is_older_than_every_upgrade_is_refused():
    assert Reading(None, "unknown_version") == read(Versions(2), written(OLD, {}))


def test_an_upgrade_that_raises_is_refused_and_counted():
    before = counts.read().get("sessions.upgrade_failed", 0)
    assert Reading(None, "upgrade_failed") == read(NEW, {"1": {}})
    assert before + 1 == counts.read()["sessions.upgrade_failed"]


def test_a_downgrade_that_raises_still_logs_in_on_the_new_version():
    assert {"2": {"user": None}} == written(DOUBLING, {"user": None})


@given(JSON)
def test_whatever_a_session_holds_reading_it_raises_nothing(bodies):
    reading = read(NEW, bodies)
    assert isinstance(reading.data, dict) is not bool(reading.refused)


def test_a_session_holds_a_mapping():
    with pytest.raises(TypeError, match="a session holds a mapping, not list"):
        written(OLD, [1])


def test_nobody_has_begun_a_session():
    assert Reading() == Carried(OLD).read({})


def test_what_only_a_newer_version_can_read_is_left_alone_until_somebody_logs_in():
    session = {}
    Carried(NEW).start(session, {"user": {"id": 7}})
    kept = dict(session)
    assert not Carried(OLD).write(session, {"cart": []})
    assert (kept, "newer") == (session, Carried(OLD).read(session).refused)
    Carried(OLD).start(session, {"user_id": 8})
    assert {"user": {"id": 8}} == Carried(NEW).read(session).data


def test_what_the_old_version_takes_away_does_not_come_back_in_the_new_one():
    session = {}
    Carried(DOUBLING).start(session, {"user": {"id": 7}, "admin": True})
    assert Carried(OLD).write(session, {"user_id": 7})
    assert {"user": {"id": 7}} == Carried(DOUBLING).read(session).data


def test_a_logout_ends_it_for_every_version():
    session = {"other": 1}
    Carried(DOUBLING).start(session, {"user": {"id": 7}})
    Carried(OLD).end(session)
    Carried(OLD).end(session)
    assert {"other": 1} == session


def test_an_upgrade_that_fails_is_told_once_and_not_with_every_request(caplog):
    class Unlucky(Exception):
        """Of a kind that no other test has raised."""

    def fail(data):
        raise Unlucky

    broken = Versions(2, {1: fail})
    bodies = written(OLD, {"user_id": 7})
    assert ["upgrade_failed"] * 5 == [read(broken, bodies).refused for _ in range(5)]
    assert 1 == len(caplog.records)
