"""The lock trace on a screen and as a document."""

from verdigris.cli.show.ink import plain
from verdigris.cli.show.trace import document, trace_lines
from verdigris.schema.script import Kind
from verdigris.schema.trace.facts import Touch, Traced
from verdigris.schema.trace.locks import Lock
from verdigris.schema.trace.tracing import Trace
from verdigris.schema.trace.weigh import weigh

BRIEF = Touch("users", "r", Lock.ACCESS_EXCLUSIVE)
SCANNED = Touch("users", "r", Lock.SHARE, scanned=True)
STATEMENTS = (
    Traced("ALTER TABLE users\n  ADD nice int", (BRIEF,), "ALTER TABLE"),
    Traced("CREATE INDEX ON users (name)", (SCANNED,), "CREATE INDEX", transaction=1),
    Traced("DROP TABLE \x1b[2Jold", (), "DROP TABLE", transaction=2, kind=Kind.CONTRACT),
)


def trace(sizes=None, statements=STATEMENTS):
    return [
        Trace("m.sql", weigh(statements, sizes), 18, sizes or {}, ("the shadow has no extension postgis",))
    ]


def test_each_statement_has_a_line_and_a_sentence_and_a_hazard_its_way_out():
    shown = plain(trace_lines(trace(), 100))
    assert "1 ACCESS EXCLUSIVE       expand     ALTER TABLE users ADD nice int" in shown
    assert (
        "✖ SHARE on users while users is read from end to end: keeps out every writer for as long." in shown
    )
    assert "→ CREATE INDEX CONCURRENTLY, outside a transaction." in shown
    assert "3 statements: 1 lets somebody wait for as long as a table is large." in shown
    assert "note the shadow has no extension postgis" in shown


def test_what_a_terminal_could_act_on_is_harmless():
    assert "\x1b" not in plain(trace_lines(trace(), 100))


def test_nothing_is_wider_than_the_screen():
    for width in (40, 60, 100):
        assert all(len(row) <= max(width, 60) for row in plain(trace_lines(trace(), width)).splitlines())


def test_a_small_table_makes_a_warning():
    shown = plain(trace_lines(trace({"users": 2048}), 120))
    assert "~ SHARE on users while users is read from end to end (2 kB in production)" in shown
    assert (
        "3 statements: none lets anybody wait for longer than a moment, and 1 would if its tables were larger."
        in " ".join(shown.split())
    )


def test_several_migrations_stand_one_below_the_other_and_notes_once():
    shown = plain(trace_lines(trace() * 2, 100))
    assert (2, 1) == (shown.count("m.sql on PostgreSQL 18"), shown.count("postgis"))
    found = document(trace() * 2)
    assert (2, 6) == (found["hazards"], len(found["statements"]))


def test_an_empty_migration_says_so():
    assert "there is no statement in it" in plain(trace_lines(trace(statements=()), 80))


def test_the_document_has_the_words_that_programs_rely_on():
    found = document(trace())
    first, second, third = found["statements"]
    assert {
        "sql": "CREATE INDEX ON users (name)",
        "lock": "SHARE",
        "rewrite": False,
        "scan": True,
        "hazard": True,
        "class": "expand",
        "relations": ["users"],
    }.items() <= second.items()
    assert (None, "contract", []) == (third["lock"], third["class"], third["relations"])
    assert (False, [], 1) == (first["hazard"], first["held"], first["until"])
