import pytest

from verdigris_kit.versions import VERSIONS_MAX, Versions


def named(step):
    return lambda value: [*value, step]


def test_a_value_goes_up_one_version_after_the_other():
    versions = Versions(3, {1: named("1>2"), 2: named("2>3")})
    assert ["1>2", "2>3"] == versions.up([], 1)
    assert ["2>3"] == versions.up([], 2)
    assert ["new"] == versions.up(["new"], 3)


def test_a_value_goes_down_to_every_version_that_is_declared():
    versions = Versions(3, {}, {3: named("3>2"), 2: named("2>1")})
    assert {2: ["3>2"], 1: ["3>2", "2>1"]} == versions.down([])


def test_a_downgrade_that_changes_what_it_was_given_does_not_change_our_value():
    value = {"full": "Ada Lovelace"}
    versions = Versions(2, {}, {2: lambda user: user.update(name=user.pop("full")) or user})
    assert {1: {"name": "Ada Lovelace"}} == versions.down(value)
    assert {"full": "Ada Lovelace"} == value


def test_what_is_readable_comes_newest_first():
    assert (2, 1) == Versions(3, {1: named("a"), 2: named("b")}).readable


def test_the_version_before_and_the_one_to_come_are_known_even_without_a_step():
    assert (1, 2) == Versions(1).known
    assert (4, 5, 6) == Versions(5).known
    assert (3, 4, 5, 6, 7) == Versions(5, {3: named("a"), 4: named("b")}, ahead=2).known
    assert (4, 6) == Versions(5).others


@pytest.mark.parametrize("known", [{1: named("a")}, {2: named("a"), 4: named("b")}])
def test_an_upgrade_that_does_not_lead_here_is_refused(known):
    with pytest.raises(ValueError, match=r"upgrades of \[.*\]: they have to lead to version 4 without a gap"):
        Versions(4, known)


@pytest.mark.parametrize(("current", "known"), [(3, {2: named("a")}), (1, {1: named("a")})])
def test_a_downgrade_that_does_not_begin_here_or_leads_nowhere_is_refused(current, known):
    with pytest.raises(ValueError, match=r"downgrades of .*: they have to begin at version \d without a gap"):
        Versions(current, {}, known)


@pytest.mark.parametrize(("current", "ahead"), [(0, 1), (1, -1)])
def test_versions_count_from_one(current, ahead):
    with pytest.raises(ValueError, match="versions count from 1, ahead from 0"):
        Versions(current, ahead=ahead)


def test_the_number_of_versions_is_bounded():
    with pytest.raises(
        ValueError, match=f"at most {VERSIONS_MAX} can be known. Drop the upgrade of the oldest"
    ):
        Versions(9, {n: named("a") for n in range(1, 9)})
