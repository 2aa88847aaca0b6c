"""What is typed wrong, or too early: a sentence with the next step, and nothing is started for it."""

from __future__ import annotations

import pytest

from tests.bad_input.project import Project

WRONG = {
    "a verb": ("deplyo", "No such command 'deplyo'. Did you mean 'deploy'?"),
    "an option": ("deploy --quue", "No such option: --quue", "--queue"),
    "a global option": ("--stat x status", "No such option: --stat", "--state"),
    "an argument too many": ("deploy now", "unexpected extra argument", "verdigris --help"),
    "a value that is missing": ("status --config", "'--config' requires an argument"),
    "a place to stop": ("deploy --until lunch", "no such place to stop", "cutover, bake, succeeded"),
    "a time without a unit": ("deploy --timeout 5", "--timeout: needs a unit: write 5s instead of 5"),
    "a number out of bounds": ("history --limit 0", "greater than or equal to 1"),
    "an app": ("--app shop deploy", "has no app 'shop'. It has: api."),
    "a topic": ("docs lunch", "no such topic", "exit-codes"),
    "a path as a version": ("deploy --version ../live", "'../live' must be", "--version"),
    "no slot": ("teardown", "--all --yes"),
    "nobody to ask": ("teardown --all", "nobody can be asked here. Add --yes"),
}

TOO_EARLY = {
    **dict.fromkeys(("promote", "abort", "hold", "resume"), "nothing was ever deployed"),
    **dict.fromkeys(("watch", "report", "history"), "nothing was ever deployed"),
    "explain": "was never deployed, so there is nothing to explain",
    "rollback": "nothing was ever deployed from it. Look at --state",
    "recover": "nothing was ever deployed from it. Look at --state",
    "logs": "there is no log of",
    "config apply --now": "nothing was ever deployed",
}


@pytest.mark.parametrize(("line", "parts"), [(line, parts) for line, *parts in WRONG.values()], ids=WRONG)
def test_a_wrong_command_line_is_told_and_nothing_begins(project: Project, line: str, parts: list[str]):
    project.becomes("good")
    project.run(*line.split()).says(2, *parts)
    assert not project.state.exists() or not list(project.state.glob("*.sock"))


@pytest.mark.parametrize(("line", "sentence"), TOO_EARLY.items(), ids=TOO_EARLY)
def test_before_the_first_deployment_a_verb_says_so(project: Project, line: str, sentence: str):
    project.run(*line.split()).says(1, sentence)
    assert not project.state.exists()


def test_before_the_first_deployment_status_says_what_to_type(project: Project):
    project.run("status", "--app", "shop").says(2, "has no app 'shop'. It has: api.")
    project.run("status").says(0, "nothing is deployed yet", "verdigris deploy")
    assert "nothing is deployed" == project.document("status")["sentence"]


def test_what_is_not_there_is_not_waited_for(live: Project):
    live.run("watch", "d-99").says(1, "api has no deployment d-99. See `verdigris history`")
    live.run("report", "d-99").says(1, "api has no deployment d-99. See `verdigris history`")
    live.run("logs", "purple").says(1, "there is no log of", "purple", "blue, green")


def test_what_is_over_cannot_be_steered(live: Project):
    for verb in ("promote", "hold"):
        live.run(verb).says(1, "so there is nothing to", "blue serves 1.0.0")


def test_without_a_way_back_rollback_says_so(live: Project):
    live.run("rollback").says(1, "so there is nothing to roll back", "blue serves 1.0.0")
