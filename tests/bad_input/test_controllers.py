"""Two at once: a second controller, a second deployment, a second call of the same one."""

from __future__ import annotations

from tests.bad_input.project import Project, Ran
from tests.waiting import eventually_sync


def test_a_second_controller_is_refused(live: Project):
    live.run("up").says(1, "controller with pid", "is in charge of", "verdigris watch", "blue serves 1.0.0")
    live.run("doctor").says(0, "the controller with pid")


def test_a_second_deployment_is_refused_or_waits_its_turn(live: Project):
    live.configure(gate="person")
    live.deploy("first", "good", "--timeout", "1ms").says(13)
    eventually_sync(lambda: phase(live) == "gate", "the gate of the first one")
    second = live.deploy("second", "crashes")
    second.says(14, "(first) is in gate", "verdigris watch", "--queue", "blue serves 1.0.0")
    queued = live.start("deploy", "--version", "second", "--queue")
    live.run("status").says(0, "first", "promote")
    live.run("abort", "the second one is better").says(0, "abort accepted")
    out, err = queued.communicate(timeout=60)
    Ran(("deploy --queue",), queued.returncode, out, err).says(
        11, "second was aborted, no traffic moved", "1.0.0"
    )


def test_a_queue_that_is_left_is_told_and_goes_on(live: Project):
    live.configure(gate="person")
    live.deploy("third", "good", "--timeout", "1ms").says(13)
    eventually_sync(lambda: phase(live) == "gate", "the gate of the third one")
    left = live.deploy("fourth", "crashes", "--queue", "--timeout", "500ms")
    left.says(13, "still waits its turn; it goes on without you")
    live.run("abort").says(0)
    eventually_sync(lambda: live.document("status")["version"] == "fourth", "the fourth one's turn")
    eventually_sync(lambda: phase(live) == "aborted", "its end")


def test_a_key_that_is_used_is_not_given_to_another_release(live: Project):
    live.deploy("one", "crashes", "--key", "build-1").says(11)
    live.deploy("one", "crashes", "--key", "build-1").says(11, "one was aborted, no traffic moved")
    live.deploy("two", "good", "--key", "build-1").says(1, "the key build-1 was used for one already")


def phase(project: Project) -> object:
    return project.document("status")["phase"]
