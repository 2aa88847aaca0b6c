"""The jobs of the schema as the engine has them: begun once, seen while they are at work, and told no secret aloud."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.unit.core.worlds import a_deployment
from tests.waiting import eventually
from verdigris.adapters.schemas.jobs import SchemaJobs, desk_of
from verdigris.core.errors import ActionError, ConfigError, ObservationError
from verdigris.core.world import Known, Proven, Unknown
from verdigris.schema.jobs.failing import TOLD, TRIES_MOST
from verdigris.schema.jobs.order import DATABASE_URL, Deed, Plan, order_of
from verdigris.schema.jobs.papers import Answer, Papers, Question

URLS = {DATABASE_URL: "postgresql://owner:hunter2@db/orders"}
WRITES = """
import json, os, sys, time
from pathlib import Path
text = sys.stdin.read()
home = Path(json.loads(text)["home"])
(home / "told").write_text(json.dumps([sys.argv, text, os.environ["VERDIGRIS_SCHEMA_DATABASE"], os.getcwd()]))
while not (home / "go").exists(): time.sleep(0.01)
"""


class Clock:
    at = 100.0

    def now(self):
        return self.at

    def wall(self):
        return 1_000.0 + self.at


@pytest.fixture
def d(tmp_path):
    d = a_deployment("preflight")
    (tmp_path / "release").mkdir()
    return replace(d, release=replace(d.release, digest="sha256:abc", directory=str(tmp_path / "release")))


@pytest.fixture
def home(tmp_path, d):
    home = tmp_path / "schema"
    with desk_of(home, d).at_work():
        pass
    return home


@pytest.fixture
def asked():
    return []


@pytest.fixture
def jobs(home, asked):
    def sessions(url, role):
        asked.append((url, role))
        return 3

    command = (sys.executable, "-c", WRITES)
    jobs = SchemaJobs(Plan("files", role="orders"), home, lambda: URLS, sessions, Clock(), command)
    yield jobs
    (home / "go").touch()
    if jobs._job is not None:
        jobs._job.wait(30)


async def test_a_job_is_told_its_order_and_no_secret_where_others_can_see_it(jobs, home, d):
    await jobs.prove(d)
    told = home / "told"
    argv, text, url, place = json.loads(
        await eventually(lambda: told.exists() and told.read_text(), "the job")
    )
    order = order_of(text)
    assert (Deed.PROVE, "d-2-abc", "green", d.release.directory) == (
        order.deed,
        order.name,
        order.slot,
        order.candidate,
    )
    assert (URLS[DATABASE_URL], d.release.directory) == (url, place)
    assert "hunter2" not in f"{argv} {text}"
    (home / "go").touch()


async def test_one_job_at_a_time(jobs, home, d):
    await jobs.prove(d)
    first = jobs._job
    await jobs.expand(d)
    assert first is jobs._job
    assert (await jobs.observe(d)).value.running
    (home / "go").touch()

    async def over():
        return not (await jobs.observe(d)).value.running

    await eventually(over, "the job to end")
    await jobs.contract(d)
    assert first is not jobs._job


async def test_what_others_began_is_seen_and_not_begun_again(jobs, home, d):
    with desk_of(home, d).at_work():
        await jobs.prove(d)
        assert jobs._job is None
        assert (await jobs.observe(d)).value.running


async def test_a_look_says_what_the_papers_say(jobs, home, d):
    answers = {Question.KEEPS: Answer(Proven.PROVEN), Question.SERVES: Answer(Proven.DISPROVEN, "it fails")}
    desk_of(home, d).write(Papers(answers, expanded=True))
    state = (await jobs.observe(d)).value
    assert (True, False, Proven.PROVEN, Proven.DISPROVEN, Proven.OWED, "it fails", False) == (
        state.expanded, state.contracted, state.keeps, state.serves, state.contracts, state.sentence, state.running,
    )  # fmt: skip


async def test_what_was_kept_for_its_day_is_due(jobs, home, d):
    desk_of(home, d).write(Papers(contracted=True, due=1_150.0))
    assert not (await jobs.observe(d)).value.due
    jobs._clock.at += 50.0
    assert (await jobs.observe(d)).value.due
    desk_of(home, d).write(Papers(contracted=True))
    assert not (await jobs.observe(d)).value.due


async def test_sessions_of_the_old_slot_are_counted_once_in_a_while_and_not_before_anybody_asks(
    jobs, home, d, asked
):
    await jobs.observe(d)
    assert [] == asked
    d = replace(d, phase="contract")
    assert [3, 3] == [(await jobs.observe(d)).value.previous_sessions for _ in range(2)]
    assert [(URLS[DATABASE_URL], "orders_blue")] == asked
    jobs._clock.at += 60.0
    await jobs.observe(d)
    assert 2 == len(asked)


async def test_what_cannot_be_seen_is_unknown(jobs, home, d):
    def nobody(url, role):
        raise ObservationError("production does not answer")

    d = replace(d, phase="contract")
    jobs._sessions = nobody
    assert Unknown("production does not answer") == await jobs.observe(d)
    d = replace(d, phase="bake")
    (home / "d-2-abc.json").write_text("{")
    assert isinstance(await jobs.observe(d), Unknown)
    (home / "d-2-abc.json").unlink()
    assert isinstance(await jobs.observe(d), Known)


async def test_what_failed_is_tried_again_later_and_later(jobs, home, d):
    jobs._command = (sys.executable, "-c", "")
    desk_of(home, d).write(Papers(failures=3))
    await jobs.prove(d)
    first = jobs._job
    first.wait(30)
    await jobs.prove(d)
    assert first is jobs._job
    jobs._clock.at += 8.0
    await jobs.prove(d)
    assert first is not jobs._job


async def test_one_that_dies_without_a_word_has_failed_as_any_other(jobs, home, d):
    jobs._command = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    for failures in range(3):
        assert failures == desk_of(home, d).read().failures
        await jobs.prove(d)
        jobs._job.wait(30)
        await jobs.prove(d)
        jobs._clock.at += 60.0
    papers = desk_of(home, d).read()
    assert (3, "prove failed and is tried again: the job ended with -9 and left no word") == (
        papers.failures,
        papers.doing,
    )
    jobs._command = (sys.executable, "-c", "raise SystemExit")


async def test_one_that_dies_before_it_has_read_its_order_has_failed_as_any_other(jobs, home, d, monkeypatch):
    start = subprocess.Popen

    def dead(*words, **more):
        process = start(*words, **more)
        process.wait(30)
        return process

    monkeypatch.setattr(subprocess, "Popen", dead)
    jobs._command = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    for _ in range(2):
        await jobs.prove(d)
    assert "the job ended with -9 and left no word" in desk_of(home, d).read().doing


async def test_one_that_said_why_it_failed_is_no_death(jobs, home, d):
    """A contract that was given up counts no failure, and was told apart from a death by nothing else before."""
    jobs._command = (sys.executable, "-c", f"raise SystemExit({TOLD})")
    given_up = Papers().answered(Question.CONTRACTS, Answer(Proven.DISPROVEN, "it could not be carried out"))
    desk_of(home, d).write(given_up)
    for _ in range(2):
        await jobs.contract(d)
        jobs._job.wait(30)
    assert given_up == desk_of(home, d).read()


async def test_a_contract_given_up_for_deaths_is_begun_once_more_to_make_good_what_they_left(jobs, home, d):
    jobs._command = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    desk_of(home, d).write(Papers(failures=TRIES_MOST - 1))
    await jobs.contract(d)
    jobs._clock.at += 60.0
    last = jobs._job
    last.wait(30)
    await jobs.contract(d)
    assert last is not jobs._job
    assert Proven.DISPROVEN is (await jobs.observe(d)).value.contracts


async def test_what_another_user_has_left_is_told_and_nothing_is_begun(jobs, home, d):
    (home / "lock").unlink()
    (home / "lock").mkdir()
    seen = await jobs.observe(d)
    assert "lock cannot be read (Is a directory)" in seen.why
    with pytest.raises(ObservationError, match="lock cannot be read"):
        await jobs.prove(d)
    assert jobs._job is None


async def test_a_death_that_cannot_be_written_down_is_told_and_begins_nothing(jobs, home, d):
    jobs._command = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    await jobs.prove(d)
    dead = jobs._job
    dead.wait(30)
    home.rename(home.with_name("away"))
    for _ in range(2):
        with pytest.raises(ActionError, match="d-2-abc.json cannot be written"):
            await jobs.prove(d)
    home.with_name("away").rename(home)
    assert dead is jobs._job


async def test_each_phase_asks_its_own_question(jobs, home, d):
    await jobs.prove(replace(d, phase="gate"))
    told = home / "told"
    text = json.loads(await eventually(lambda: told.exists() and told.read_text(), "the job"))[1]
    assert Question.SERVES is order_of(text).question


async def test_a_job_that_cannot_be_started_says_so(jobs, d):
    jobs._command = ("/nowhere/python",)
    with pytest.raises(ActionError, match="a job of the schema cannot be started: No such file"):
        await jobs.prove(d)
    seen = (await jobs.observe(d)).value
    assert seen.running, "it rests before the next try"
    assert "cannot be started: No such file" in seen.sentence


async def test_a_contract_that_cannot_be_started_is_not_given_up_for_what_can_be_configured(home, d):
    def missing():
        raise ConfigError("run.env.SECRET_KEY: is not there")

    jobs = SchemaJobs(Plan("django"), home, lambda: URLS, lambda *_: 0, Clock(), variables=missing)
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        await jobs.contract(d)
    papers = desk_of(home, d).read()
    assert (1, Proven.OWED) == (papers.failures, papers.outcome(Question.CONTRACTS))


async def test_a_drop_that_cannot_be_started_is_tried_an_hour_later(jobs, home, d):
    desk_of(home, d).write(Papers(contracted=True, buried=(1,), due=1_100.0))
    jobs._command = ("/nowhere/python",)
    with pytest.raises(ActionError, match="cannot be started"):
        await jobs.drop(d)
    assert not (await jobs.observe(d)).value.due
    jobs._clock.at += 3_601.0
    assert (await jobs.observe(d)).value.due


async def test_who_fails_for_days_rests_a_minute_each_time(jobs, home, d):
    desk_of(home, d).write(Papers(failures=100_000))
    jobs._begun = jobs._clock.at
    assert (await jobs.observe(d)).value.running
    jobs._clock.at += 61.0
    assert not (await jobs.observe(d)).value.running


async def test_a_variable_of_the_tool_that_is_missing_is_in_the_way_of_a_job_and_of_no_look(home, d):
    def missing():
        raise ConfigError("run.env.SECRET_KEY: is not there")

    jobs = SchemaJobs(Plan("django"), home, lambda: URLS, lambda *_: 0, Clock(), variables=missing)
    assert isinstance(await jobs.observe(d), Known)
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        await jobs.prove(d)
