"""What a job leaves: replaced whole, private, and understood or refused."""

import multiprocessing

import pytest

from verdigris.core.errors import ActionError, ObservationError
from verdigris.core.world import Proven
from verdigris.schema.jobs.debts import Debt
from verdigris.schema.jobs.papers import NOTE_MOST, NOTES_MOST, Answer, Desk, Papers, Question, unkept

FULL = Papers(
    {Question.KEEPS: Answer(Proven.PROVEN), Question.SERVES: Answer(Proven.DISPROVEN, "`SELECT ü` fails: 42703")},
    expanded=True,
    doing="3 of 7",
    owed=("002_drop.contract.sql",),
    notes=("the shadow is PostgreSQL 18, production 15",),
    hazards=("001_a.sql: …",),
    reshaped=True,
    stood=(("0004", "public", "orders", "total"),),
    buried=(7, 9),
    due=1_800_000_000.5,
)  # fmt: skip


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "schema", "abc")
    with desk.at_work() as ours:
        assert ours
    return desk


def test_nothing_is_answered_before_a_job_has_begun(tmp_path):
    papers = Desk(tmp_path / "nowhere", "abc").read()
    assert (Papers(), {Proven.OWED}) == (papers, {papers.outcome(question) for question in Question})


def test_what_is_written_is_read_and_private(desk):
    desk.write(FULL)
    assert FULL == desk.read()
    assert 0o600 == (desk.home / "abc.json").stat().st_mode & 0o777
    assert 0o700 == desk.home.stat().st_mode & 0o777


def test_an_answer_is_added_to_the_others():
    papers = (
        Papers()
        .answered(Question.KEEPS, Answer(Proven.PROVEN))
        .answered(Question.SERVES, Answer(Proven.UNPROVEN))
    )
    assert (Proven.PROVEN, Proven.UNPROVEN, Proven.OWED) == tuple(
        papers.outcome(question) for question in Question
    )


def test_a_note_is_kept_once_and_as_short_as_it_has_to_be():
    papers = Papers().noted("a", "b", "a").noted("b", "c" * 2 * NOTE_MOST, *map(str, range(2 * NOTES_MOST)))
    assert ("a", "b", "c" * NOTE_MOST, "0") == papers.notes[:4]
    assert NOTES_MOST == len(papers.notes)
    assert ("new",) == papers.endangered("old").endangered("new").hazards


def test_papers_of_an_earlier_release_of_ours_are_understood(desk):
    (desk.home / "abc.json").write_text(
        '{"answers": {}, "expanded": true, "contracted": false, "doing": "", "owed": [], "unchanged": false, '
        '"failures": 0}'
    )
    assert Papers(expanded=True) == desk.read()


def test_it_says_what_is_being_done_else_what_is_not_well():
    assert "3 of 7" == FULL.sentence()
    assert (
        "`SELECT ü` fails: 42703"
        == FULL.answered(Question.KEEPS, Answer(Proven.PROVEN, "all work")).sentence()
    )
    assert "" == Papers().sentence()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"answers": {"x": {}}}', "\x00", "9" * 70_000])
def test_what_is_no_papers_is_said_to_be_none(desk, text):
    (desk.home / "abc.json").write_text(text)
    with pytest.raises(
        ObservationError, match="abc.json is no papers of a schema job .* Remove it to begin anew"
    ):
        desk.read()


def test_a_debt_is_there_until_nothing_is_owed(desk):
    desk.owe("api_blue", Debt(shut_out=True))
    assert (("api_blue",), Debt(shut_out=True)) == (desk.debtors(), desk.debt("api_blue"))
    desk.owe("api_blue", Debt())
    assert ((), Debt()) == (desk.debtors(), desk.debt("api_blue"))
    (desk.home / "api_blue.owed").write_text("{}")
    with pytest.raises(ObservationError, match="api_blue.owed is no debt to a role .* Remove it"):
        desk.debt("api_blue")


def test_what_cannot_be_read_or_written_is_said_with_the_way_on(desk):
    (desk.home / "lock").unlink()
    (desk.home / "lock").mkdir()
    with pytest.raises(ObservationError, match=r"lock cannot be read \(Is a directory\): see that it can"):
        desk.busy()
    with pytest.raises(ActionError, match=r"lock cannot be written \(Is a directory\)"), desk.at_work():
        pass
    (desk.home / "abc.json").mkdir()
    with pytest.raises(ActionError, match=r"abc.json cannot be written \(Is a directory\)"):
        desk.write(Papers())
    with pytest.raises(ObservationError, match=r"abc.json cannot be read \(Is a directory\)"):
        desk.read()


def test_what_another_user_has_left_is_to_be_given_back(desk):
    said = unkept(desk.home / "lock", "read", PermissionError(13, "Permission denied"))
    assert f"{desk.home}/lock cannot be read (Permission denied): another user may have run a job" in said
    assert said.endswith(f"Give what is in {desk.home} to the user that verdigris runs as: chown -R")


def hold(desk, entered, leave):
    with desk.at_work():
        entered.set()
        leave.wait(30)


def test_who_is_at_work_is_seen_and_is_alone_until_it_ends(desk):
    context = multiprocessing.get_context("spawn")
    entered, leave = context.Event(), context.Event()
    job = context.Process(target=hold, args=(desk, entered, leave))
    job.start()
    assert entered.wait(30)
    assert desk.busy()
    with desk.at_work() as ours:
        assert not ours
    job.kill()  # what is killed lets go as well
    job.join(30)
    assert not desk.busy()
    with desk.at_work() as ours:
        assert ours
