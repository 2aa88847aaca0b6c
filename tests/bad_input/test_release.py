"""Releases that cannot be made, started or believed, deployed beside one that is being called."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.bad_input.project import Project, Ran
from tests.waiting import eventually_sync

SOON = "1s"
ABORTED = ("was aborted, no traffic moved", "traffic blue serves 1.0.0")

UNHEALTHY = {
    "hangs": ("no complete answer within 0.5 s, nothing came back",),
    "redirects": ("answered 302", "it redirects to /login, which is not followed: set `health.path`"),
    "streams": ("the body has more than 64 KiB", "and on and on"),
    "html": ("the body is HTML: a health endpoint answers with JSON or plain text", "<h1>All is well</h1>"),
    "degraded": ("answered 200", 'status is "degraded", not "healthy"'),
    "false-check": ("answered 200", "database is false"),
    "other-release": ('it answers as release "0.0.1", asked was "other-release"',),
    "broken-json": ("the body is not valid JSON",),
    "server-error": ("answered 500", "the status is not 200", "Body: no database"),
}


@pytest.mark.parametrize(("what", "parts"), UNHEALTHY.items(), ids=UNHEALTHY)
def test_a_health_endpoint_that_proves_nothing_gets_no_traffic(live: Project, what: str, parts: list[str]):
    live.configure(within={"validate": SOON})
    ran = live.deploy(what, what)
    ran.says(11, *ABORTED, "it failed in validate", "validate took longer than 1 s", "in a row", *parts)


def test_an_application_that_never_listens_gets_no_traffic(live: Project):
    live.configure(within={"provision": SOON})
    live.deploy("silent", "never-listens").says(11, *ABORTED, "in provision", "nothing listens there")


def test_an_application_that_crashes_is_shown_with_its_exit_code_and_last_words(live: Project):
    ran = live.deploy("crash", "crashes")
    ran.says(11, *ABORTED, "green-1 does not come up: exited 1", "so nobody tries again", "exit code 1")
    ran.says(11, "the last 2 lines of green-1", "cannot reach the database at db.internal:5432")
    live.run("report").says(0, "crash", "aborted", "exited 1")


def test_a_command_that_does_not_exist_is_told_before_anything_starts(live: Project):
    live.configure(run={"command": ["no-such-server", "{port}"]})
    live.deploy("nowhere").says(11, *ABORTED, "no-such-server is not to be found", "Correct `run.command`")
    live.configure(run={"command": ["./api.py", "{port}"]})
    live.deploy("unmarked").says(11, *ABORTED, "api.py is not executable. `chmod +x` it")


def test_an_interpreter_that_does_not_exist_is_told(live: Project):
    script = live.source / "serve"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o755)
    live.configure(run={"command": ["./serve", "{port}"]})
    ran = live.deploy("script")
    script.unlink()
    ran.says(11, *ABORTED, "needs /no/such/python, which does not exist")


def test_a_reference_without_a_value_is_told_before_anything_is_filed(live: Project):
    live.configure(run={"env": {"TOKEN": "env:NOWHERE_SET"}})
    live.deploy("no-env").says(2, "TOKEN needs the variable NOWHERE_SET", "Export NOWHERE_SET and deploy")
    live.configure(run={"env": {"CERT": "file:/no/such/cert"}})
    live.deploy("no-file").says(11, *ABORTED, "CERT is to be read from /no/such/cert, which is no file")


def test_a_build_that_fails_is_shown_and_leaves_nothing(live: Project):
    step = ["sh", "-c", "echo compiling; echo no wheel for frobnicate >&2; exit 3"]
    live.configure(run={"build": [step]})
    ran = live.deploy("unbuilt")
    ran.says(1, "ended with 3. Correct `run.build`", "no wheel for frobnicate", "blue serves 1.0.0")
    assert [] == traces(live, "unbuilt")


def test_a_build_tool_that_does_not_exist_is_told(live: Project):
    live.configure(run={"build": [["no-such-tool"]]})
    live.deploy("toolless").says(1, "build step `no-such-tool` cannot be run", "blue serves 1.0.0")
    assert [] == traces(live, "toolless")


def test_a_build_that_hangs_ends_with_ctrl_c_and_leaves_nothing(live: Project):
    started = live.place / "build.pid"
    live.configure(run={"build": [["sh", "-c", f"sleep 1000 & echo $! > {started}; wait"]]})
    deploy = live.start("deploy", "--version", "hanging")
    sleeper = int(eventually_sync(lambda: started.exists() and started.read_text(), "the build to hang"))
    os.killpg(deploy.pid, signal.SIGINT)
    out, err = deploy.communicate(timeout=20)
    Ran(("Ctrl-C",), deploy.returncode, out, err).says(130, "interrupted: nothing was filed", "1.0.0")
    assert [] == traces(live, "hanging")
    eventually_sync(lambda: not Path(f"/proc/{sleeper}").exists(), "what the build began to be gone")
    live.run("status").says(0, "1.0.0", "1/1 healthy")


def test_a_name_that_is_taken_is_not_given_to_other_files(live: Project):
    live.deploy("1.0.0", "degraded").says(1, "there is a release 1.0.0 already, and its files would change")
    live.configure(run={"env": {"MODE": "fast"}})
    live.deploy("1.0.0", "good").says(1, "1.0.0 already, and how it is built or run would change")
    live.configure()
    live.deploy("1.0.0", "good").says(1, "1.0.0 is live already. Give the new release a version of its own")


def test_a_link_out_of_the_source_is_refused(live: Project):
    link = live.source / "config"
    link.symlink_to("/etc/hostname")
    ran = live.deploy("linked")
    link.unlink()
    ran.says(1, "config is a link to /etc/hostname, outside of it. Put the file itself there")


def traces(project: Project, version: str) -> list[str]:
    """What is left of a release on the disk."""
    found = (project.state / "releases").rglob("*")
    return [path.name for path in found if version in path.name or path.name.startswith(".source-")]
