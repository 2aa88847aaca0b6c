import os
import threading
import timeit

import pytest

from tests.waiting import eventually_sync
from verdigris_kit import counts
from verdigris_kit.role import on_change, only_live, role


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "role"
    monkeypatch.setenv("VERDIGRIS_ROLE_FILE", str(path))
    return path


def becomes(file, word):
    """Write as the controller does: a new file in place of the old one."""
    new = file.with_suffix(".new")
    new.write_text(word)
    new.replace(file)


def unreadable():
    return counts.read().get("role.unreadable", 0)


def test_an_application_without_a_controller_is_live():
    assert "live" == role({})
    assert "live" == role({"VERDIGRIS_ROLE_FILE": ""})


@pytest.mark.parametrize("word", ["live", "candidate", "retained"])
def test_the_role_is_the_word_in_the_file(file, word):
    becomes(file, f"{word}\n")
    assert word == role()


def test_a_replaced_file_is_read_anew(file):
    seen = []
    for word in ("candidate", "live", "retained", "live"):
        becomes(file, word)
        seen.append(role())
    assert ["candidate", "live", "retained", "live"] == seen


@pytest.mark.parametrize("word", [b"", b"LIVE", b"live live", b"\xff\xfe", b"live" * 100])
def test_another_word_makes_a_candidate_and_is_counted(file, word):
    before = unreadable()
    file.write_bytes(word)
    assert ["candidate"] * 2 == [role(), role()]
    assert before + 1 == unreadable()


def test_a_file_that_is_not_there_makes_a_candidate_and_is_told_once(file, caplog):
    before = unreadable()
    assert ["candidate"] * 2 == [role(), role()]
    assert before + 2 == unreadable()
    assert 1 == len(caplog.records)
    assert str(file) in caplog.text


def test_a_pipe_in_place_of_the_file_does_not_hold_up_the_job(file):
    os.mkfifo(file)
    assert "candidate" == role()


def test_a_change_is_told_once_to_everybody_who_asked(file):
    becomes(file, "candidate")
    first, second = [], []
    ends = [on_change(first.append), on_change(second.append, at_once=True)]
    eventually_sync(lambda: second, "the role of today")
    becomes(file, "live")
    eventually_sync(lambda: first and len(second) == 2, "the change")
    for end in ends:
        end()
    assert [["live"], ["candidate", "live"]] == [first, second]


def test_a_callback_that_fails_is_logged_and_keeps_nothing_from_the_others(file, caplog):
    becomes(file, "candidate")
    told = []
    ends = [on_change(lambda role: 1 / 0), on_change(told.append)]
    becomes(file, "live")
    eventually_sync(lambda: told, "the change")
    becomes(file, "retained")
    eventually_sync(lambda: told == ["live", "retained"], "the next one")
    for end in ends:
        end()
    assert [
        "a callback failed when the role became live",
        "a callback failed when the role became retained",
    ] == [record.message for record in caplog.records]


def test_who_has_unsubscribed_hears_nothing_and_the_thread_ends_with_the_last(file):
    becomes(file, "candidate")
    told = []
    end = on_change(told.append)
    end()
    end()
    becomes(file, "live")
    eventually_sync(lambda: "verdigris-role" not in {t.name for t in threading.enumerate()}, "no thread")
    assert [] == told


def test_a_forked_process_hears_of_changes_too(file, tmp_path):
    becomes(file, "candidate")
    heard = tmp_path / "heard"
    end = on_change(lambda role: (tmp_path / str(os.getpid())).write_text(role))
    child = os.fork()
    if child == 0:
        # Without the parent's test runner: only the callback, and then the end.
        eventually_sync((tmp_path / str(os.getpid())).exists, "the change, in the child")
        heard.touch()
        os._exit(0)
    becomes(file, "live")
    eventually_sync(heard.exists, "the child to hear")
    os.waitpid(child, 0)
    end()


def test_a_job_runs_only_where_the_process_is_live(file):
    ran = []
    job = only_live(ran.append)
    for word in ("candidate", "live", "retained"):
        becomes(file, word)
        job(word)
    assert ["live"] == ran


async def test_a_job_that_is_a_coroutine_does_so_too(file):
    @only_live
    async def job(word):
        return word

    answers = []
    for word in ("candidate", "live", "retained"):
        becomes(file, word)
        answers.append(await job(word))
    assert [None, "live", None] == answers
    assert "job" == job.__name__


@pytest.mark.alone
def test_asking_is_cheap(file):
    becomes(file, "live")
    assert min(timeit.repeat(role, number=1_000, repeat=5)) < 0.1
