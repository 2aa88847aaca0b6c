"""The measured locks against what strong_migrations documents, operation by operation, and squawk beside them."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.schema.operations import BASE, ONCE, OPERATIONS, Operation, Verdict
from tests.schema.proving import HYGIENE, WITHIN, program
from verdigris.schema import parsing
from verdigris.schema.script import Kind, Script
from verdigris.schema.shadow.database import Database
from verdigris.schema.trace.classing import classed
from verdigris.schema.trace.measure import measure
from verdigris.schema.trace.weigh import Weighed, weigh

OPT_IN = {"remove index"}
"""strong_migrations asks for it only where it is switched on: DROP INDEX locks for a moment, and says so here."""
DIFFERENT = {
    "add column generated virtual": "VIRTUAL",
    "not null not valid": "NOT NULL … NOT VALID",
    "add check not enforced": "NOT ENFORCED",
}
"""Operations that only the newer server knows."""


def traced(base: Database, operation: Operation) -> tuple[Weighed, ...]:
    """One operation on a schema that is made anew: a copy of the database would take longer."""
    script = Script(operation.name, parsing.split(operation.sql), alone=operation.alone)
    with base.connected() as connection:
        connection.execute(BASE)
        return weigh(tuple(classed(connection, measure(connection, script))))


def says(trace: tuple[Weighed, ...]) -> Verdict:
    """Our verdict in strong_migrations' terms."""
    if any(one.hazard for one in trace):
        return Verdict.LOCK
    kinds = {one.traced.kind for one in trace}
    return Verdict.BREAK if kinds & {Kind.CONTRACT, Kind.BOTH} else Verdict.SAFE


def agrees(operation: Operation, ours: Verdict) -> bool:
    """A change of constraints that lets nobody wait is a contract for the proof, and safe for strong_migrations."""
    if operation.says is Verdict.SAFE:
        return ours is not Verdict.LOCK
    return ours is operation.says or (operation.says is Verdict.BREAK and ours is Verdict.LOCK)


@pytest.fixture(params=["server15", "server18"])
def server(request):
    found = request.getfixturevalue(request.param)
    yield found
    found.clear()


@pytest.fixture
def base(server):
    made = server.create()
    with made.connected() as connection:
        connection.execute(ONCE)
    return made


@pytest.mark.timeout(300)
def test_the_measured_locks_are_those_that_strong_migrations_documents(server, base, tmp_path, figure):
    known = [operation for operation in OPERATIONS if operation.since <= server.major]
    began, statements, wrong = time.monotonic(), 0, set()
    for operation in known:
        trace = traced(base, operation)
        statements += len(trace)
        wrong |= set() if agrees(operation, says(trace)) else {operation.name}
    took = time.monotonic() - began
    theirs = squawked(known, tmp_path, server.major)
    right = sum((name in theirs) == (operation.says is not Verdict.SAFE) for name, operation in named(known))
    figure(
        f"locks on PostgreSQL {server.major}: {len(known) - len(wrong)} of {len(known)} operations as "
        f"strong_migrations documents them, squawk {right}; {statements} statements in {took:.1f} s with their schemas"
    )
    assert wrong <= OPT_IN


def named(operations):
    return [(operation.name, operation) for operation in operations]


def squawked(operations: list[Operation], directory: Path, major: int) -> set[str]:
    """The operations in which squawk breaks a rule that is about more than style."""
    found: set[str] = set()
    for alone in (False, True):
        files = {}
        for number, operation in enumerate(each for each in operations if each.alone is alone):
            path = directory / f"{number}-{alone}.sql"
            path.write_text(f"{operation.sql};\n")
            files[str(path)] = operation.name
        inside = [] if alone else ["--assume-in-transaction"]
        words = [str(program()), "--reporter=json", f"--pg-version={major}", *inside, *files]
        said = subprocess.run(words, capture_output=True, text=True, timeout=WITHIN, check=False)
        found |= {files[each["file"]] for each in json.loads(said.stdout) if each["rule_name"] not in HYGIENE}
    return found


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_only_the_newer_server_knows_is_measured_there_and_an_error_before(server, base, name):
    operation = next(each for each in OPERATIONS if each.name == name)
    if server.major >= operation.since:
        assert not any(one.hazard for one in traced(base, operation))
    else:
        with pytest.raises(Exception, match="statement 1"):
            traced(base, operation)


def test_set_not_null_reads_nothing_where_a_valid_check_says_it_already(server, base):
    valid = next(each for each in OPERATIONS if each.name == "set not null, valid check")
    steps = [(one.traced.lock.words, one.traced.scan) for one in traced(base, valid)]
    assert [
        ("ACCESS EXCLUSIVE", False),
        ("SHARE UPDATE EXCLUSIVE", True),
        ("ACCESS EXCLUSIVE", False),
        ("ACCESS EXCLUSIVE", False),
    ] == steps


def test_a_migration_of_many_statements_is_traced(server, base, figure):
    count = 300
    text = ";\n".join(f"ALTER TABLE users ADD COLUMN more_{n} integer" for n in range(count))
    with base.connected() as connection:
        connection.execute(BASE)
        began = time.monotonic()
        found = sum(1 for _ in measure(connection, Script("many.sql", parsing.split(text))))
        each = (time.monotonic() - began) / count
    figure(f"locks on PostgreSQL {server.major}: {each * 1000:.1f} ms for each of {count} statements")
    assert count == found
