"""How long the whole proof takes: parsed, planned, executed alone and replayed, on the base and the expanded schema."""

import time

import pytest

from tests.unit.schema.proof.shop import changed, script, shop
from verdigris.schema.finding import Outcome
from verdigris.schema.proof.applied import way_of
from verdigris.schema.proof.matrix import Schemas, prove
from verdigris.schema.shadow.embedded import embedded
from verdigris.schema.statement import Statement

pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]

FEW, MANY = 400, 10_000
MIGRATION = "ALTER TABLE customers ADD COLUMN nick text"
LATEST = """SELECT o.id, c.email, {} FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.state = $1 AND o.placed > now() - interval '1 day' ORDER BY o.placed DESC LIMIT $2"""
UPSERT = "INSERT INTO customers (email, name) VALUES ($1, '{}') ON CONFLICT (email) DO UPDATE SET name = excluded.name"
TEXTS = (
    ("SELECT id, email, name, {} FROM customers WHERE id = $1", ("1",)),
    ("INSERT INTO events (kind, body) VALUES ($1, $2) RETURNING id, {}", ("a", '{"x": 1}')),
    ("UPDATE orders SET qty = qty + {}, note = $1 WHERE id = $2", ("x", "1")),
    (LATEST, ("new", "10")),
    (UPSERT, ("a{}@b",)),
)


def statements(count):
    """Different statements with a set of parameters each."""
    some = [(n, *TEXTS[n % len(TEXTS)]) for n in range(count)]
    return [
        Statement(text.format(n), (tuple(each.replace("{}", str(n)) for each in run),))
        for n, text, run in some
    ]


def proved(server, count):
    """Seconds for the proof of so many."""
    base = shop(server)
    schemas = Schemas(base, changed(server, base, MIGRATION), expand=way_of([script(MIGRATION)]))
    began = time.perf_counter()
    assert Outcome.PROVEN is prove(server, schemas, statements(count)).outcome
    return time.perf_counter() - began


def test_the_whole_proof(say):
    began = time.perf_counter()
    with embedded() as server:
        started = time.perf_counter() - began
        few = proved(server, FEW)
        many = proved(server, MANY)
    how = f"PostgreSQL {server.major}, every layer, old × base and old × expanded"
    say(f"schema proof: {FEW} statements", few, "s", "< 5 s", how=how)
    say(
        f"schema proof: {FEW} statements, the shadow started from nothing",
        started + few,
        "s",
        "< 10 s",
        how=how,
    )
    say(f"schema proof: {MANY:,} statements", many, "s", "< 60 s", how=how)
    say("schema proof: statements", MANY / many, "/s", how=how)
