"""The checklist: each line passes on this machine, and each fails for its own reason with the next step."""

import resource
from dataclasses import replace

import pytest

NAMES = {"keeper", "release", "command", "variables", "memory", "open files", "disk", "ports"}


async def checked(stage, release, count=1):
    checks = await stage.environment.check(release, count)
    return {check.name: check for check in checks}


async def test_everything_passes_for_a_good_release(stage):
    checks = await checked(stage, stage.release(), 2)
    assert NAMES == checks.keys()
    assert [] == [check.sentence for check in checks.values() if not check.passed]


async def test_memory_is_measured_by_what_runs(stage):
    release = stage.release()
    await stage.provision(release)
    await stage.until_healthy()
    assert "one takes" in (await checked(stage, release))["memory"].sentence


@pytest.mark.parametrize(
    ("name", "count", "said"),
    [
        ("memory", 10**6, "lower `run.instances`"),
        ("disk", 10**9, "Make room"),
        ("ports", 10**6, "ports are free from"),
    ],
)
async def test_too_many_instances_are_too_much(stage, name, count, said):
    check = (await checked(stage, stage.release(), count))[name]
    assert not check.passed
    assert said in check.sentence


async def test_a_low_limit_of_open_files_is_named(stage):
    keeper = (await stage.environment.keeper.observe()).keeper.pid
    most = resource.prlimit(keeper, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(keeper, resource.RLIMIT_NOFILE, (256, most))
    check = (await checked(stage, stage.release()))["open files"]
    assert (False, True) == (
        check.passed,
        "256 files open, 1024 are needed. Raise `ulimit -n`" in check.sentence,
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (".venv/bin/uvicorn", ".venv/bin/uvicorn is not to be found for v1"),
        ("no-such-program", "no-such-program is not to be found"),
        ("./app.py", "app.py is not executable"),
        ("./stale", "needs /nowhere/python, which does not exist"),
        ("pkg", "pkg is not to be found"),
    ],
)
async def test_a_command_that_cannot_run_is_found_before_anything_starts(stage, command, said):
    stage.workshop.write("pkg/mod.py")
    stage.workshop.write("stale", "#!/nowhere/python -E\n").chmod(0o755)
    check = (await checked(stage, stage.release(command=(command,))))["command"]
    assert (False, True) == (check.passed, said in check.sentence), check.sentence


async def test_a_program_is_looked_for_where_the_release_says(stage, tmp_path):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/mine"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    release = stage.release(command=("mine",), env=(("PATH", str(program.parent)),))
    assert (await checked(stage, release))["command"].passed


async def test_a_release_that_was_changed_or_is_gone_is_found(stage):
    release = stage.release()
    app = stage.state / "releases/api/v1/app.py"
    app.chmod(0o644)
    app.write_text("other")
    assert "was changed since v1 was made" in (await checked(stage, release))["release"].sentence
    gone = replace(release, directory=str(stage.state / "releases/api/v0"))
    assert "cannot be read: No such file" in (await checked(stage, gone))["release"].sentence


async def test_a_file_that_is_referred_to_has_to_be_there(stage, tmp_path):
    release = stage.release(env=(("KEY", f"file:{tmp_path}/key"),))
    assert "is to be read from" in (await checked(stage, release))["variables"].sentence
    (tmp_path / "key").write_text("k")
    assert (await checked(stage, release))["variables"].passed
