"""What is seen of production before a step; of replicas and of autovacuum on a server that has them."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.schema.conftest import NEW, OLD, programs
from tests.unit.schema.running.conftest import Production
from tests.waiting import eventually_sync
from verdigris.core.errors import Refused
from verdigris.schema.running.apply import carry_out
from verdigris.schema.running.backfill import backfill_of
from verdigris.schema.running.batches import Manners
from verdigris.schema.running.filling import fill
from verdigris.schema.running.prechecks import Bounds, Precheck, prechecks
from verdigris.schema.running.session import connecting
from verdigris.schema.script import Script
from verdigris.schema.shadow import embedded as shadows
from verdigris.schema.shadow.owner import owner

LIVING = {
    "wal_level": "replica",
    "max_wal_senders": "4",
    "autovacuum": "on",
    "autovacuum_naptime": "1",
    "log_autovacuum_min_duration": "-1",
}


@pytest.fixture(scope="module", params=[OLD, NEW])
def living(request):
    """A server as production has them: its programs, and one database of it."""
    found = programs(request.param)
    was = dict(shadows.SETTINGS)
    shadows.SETTINGS.update(LIVING)
    try:
        with shadows.embedded(found) as server, ExitStack() as stack:
            yield found, Production(server.create(), stack)
    finally:
        shadows.SETTINGS.clear()
        shadows.SETTINGS.update(was)


@pytest.fixture
def replica(living):
    """A replica of it: how to connect to it."""
    found, production = living
    home = Path(dict(production.database.where)["host"])
    data, log = home / "replica", home / "replica.log"
    who = owner()
    shadows.run(
        [
            found.directory / "pg_basebackup",
            "-h",
            home,
            "-U",
            "verdigris",
            "-D",
            data,
            "-R",
            "--checkpoint=fast",
            "--no-sync",
        ],
        who,
    )
    (data / "postmaster.pid").unlink(missing_ok=True)
    words = [found.directory / "postgres", "-D", data, "--port=5433", f"--unix_socket_directories={home}"]
    words += [f"--{name}={value}" for name, value in shadows.SETTINGS.items()]
    with log.open("wb") as out:
        process = shadows.started(words, who, out)
    try:
        shadows.wait_until_ready(process, data / "postmaster.pid", log)
        yield connecting(production.database.url().replace("5432", "5433"))
    finally:
        shadows.stop(process)


def looked(production, *tables, bounds=None):
    with production.connect() as connection:
        return {check.name: check for check in prechecks(connection, tables, bounds)}


def test_a_quiet_primary_passes_everything_that_can_be_known(production):
    production.run("CREATE TABLE t (a int)")
    found = looked(production, "t")
    names = {"primary", "old transactions", "replicas", "wraparound", "rights", "disk"}
    assert names == set(found)
    assert {"disk"} == {name for name, check in found.items() if check.passed is not True}
    assert found["disk"].passed is None


def test_an_old_transaction_is_named_and_not_what_it_asked(production):
    old = production.session()
    old.execute("BEGIN")
    old.execute("SELECT 'ada@example.com'")
    found = looked(production, bounds=Bounds(transaction=0))["old transactions"]
    assert not found.passed
    assert f"pid {old.info.backend_pid}" in found.sentence
    assert "ada" not in found.sentence


def test_a_read_only_server_does_not_pass(production):
    production.run(f'ALTER DATABASE "{production.database.name}" SET default_transaction_read_only = on')
    assert looked(production)["primary"] == Precheck(
        "primary",
        False,
        "transactions are read-only here (default_transaction_read_only): let this role write",
    )


OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_whose_a_table_is_decides(production):
    production.run("CREATE TABLE t (a int)", "CREATE ROLE clerk LOGIN")
    other = production.session()
    eventually_sync(lambda: not other.execute(OTHERS).fetchone()[0], "the sessions before it to end")
    try:
        with production.session_of("clerk") as connection:
            found = {check.name: check for check in prechecks(connection, ["t"])}
            assert "the role clerk may not create a schema for the journal" in found["rights"].sentence
            assert (
                None,
                "this role cannot see what autovacuum does: GRANT pg_read_all_stats to this role",
            ) == (
                found["wraparound"].passed,
                found["wraparound"].sentence,
            )
            assert found["old transactions"].passed is None
            assert "1 sessions of other roles do not show us" in found["old transactions"].sentence
            production.run(f'GRANT CREATE ON DATABASE "{production.database.name}" TO clerk')
            found = {check.name: check for check in prechecks(connection, ["t"])}
            assert "t belongs to the role verdigris, and clerk is no member of it" in found["rights"].sentence
            assert found["rights"].passed is False
    finally:
        production.run("DROP OWNED BY clerk", "DROP ROLE clerk")


def test_a_table_that_will_be_made_is_nobodys_yet(production):
    assert looked(production, "later")["rights"].passed is None


def named(checks, name):
    return next(check for check in checks if check.name == name)


def test_a_replica_is_refused_and_one_that_lags_is_waited_for(living, replica, quick):
    _, production = living
    production.run(
        "CREATE TABLE orders (id int PRIMARY KEY, cents int)",
        "INSERT INTO orders SELECT generate_series(1, 95)",
    )
    with pytest.raises(Refused, match="this server is a replica: give the address of the primary"):
        carry_out(replica, Script("001", ("SELECT 1",)), waiting=quick)
    with replica() as far, production.connect() as near:
        assert (
            "this server is a replica: give the address of the primary"
            == named(prechecks(far), "primary").sentence
        )
        eventually_sync(lambda: named(prechecks(near), "replicas").passed, "the replica to catch up")
        far.execute("SELECT pg_wal_replay_pause()")
        near.execute("CREATE TABLE noise AS SELECT repeat('x', 100) FROM generate_series(1, 20000)")
        behind = Bounds(lag_bytes=1 << 20)
        eventually_sync(
            lambda: not named(prechecks(near, (), behind), "replicas").passed, "the replica to lag"
        )
        assert (
            "MiB behind (at most 1 MiB): wait until it has caught up"
            in named(prechecks(near, (), behind), "replicas").sentence
        )

        told = []

        def resumed():
            if len(quick.slept) == 3:
                far.execute("SELECT pg_wal_replay_resume()")
                eventually_sync(
                    lambda: named(prechecks(near, (), behind), "replicas").passed, "it to catch up again"
                )

        quick.then = resumed
        spec = backfill_of("003", "UPDATE orders SET cents = 1 WHERE cents IS NULL AND {batch}")
        filled = fill(
            production.connect, spec, waiting=quick, manners=Manners(bounds=behind), tell=told.append
        )
    assert (95, 0) == (filled.rows, filled.left)
    assert "003: pauses because the replica walreceiver is" in told[0]
    assert len(quick.slept) >= 3


def test_a_vacuum_against_wraparound_is_seen(living):
    _, production = living
    production.run(
        "CREATE TABLE ancient (a text) WITH (autovacuum_freeze_max_age = 100000, autovacuum_vacuum_cost_delay = 100,"
        " autovacuum_vacuum_cost_limit = 1)",
        "INSERT INTO ancient SELECT repeat('x', 500) FROM generate_series(1, 20000)",
        "CREATE PROCEDURE burn() LANGUAGE plpgsql AS"
        " 'BEGIN FOR n IN 1..110000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END'",
        "CALL burn()",
    )
    with production.connect() as connection:
        eventually_sync(
            lambda: not named(prechecks(connection, ["ancient"]), "wraparound").passed, "that vacuum"
        )
        # Who carries a step of another's tool out does not know its tables.
        found = named(prechecks(connection), "wraparound")
        assert "autovacuum prevents wraparound of public.ancient (pid" in found.sentence
        assert named(prechecks(connection, ["pg_class"]), "wraparound").passed
