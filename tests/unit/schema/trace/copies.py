"""A small schema on a real server, and migrations that are measured on it."""

from __future__ import annotations

from verdigris.schema import parsing
from verdigris.schema.script import Script
from verdigris.schema.shadow.server import Server
from verdigris.schema.trace.facts import Traced
from verdigris.schema.trace.measure import EACH_WITHIN, measure

__all__ = ["BASE", "told", "traced"]

BASE = """
CREATE TABLE parents (id bigserial PRIMARY KEY, size integer);
CREATE TABLE users (
    id bigserial PRIMARY KEY, name varchar(20), email text, age integer, parent_id bigint,
    created_at timestamp NOT NULL DEFAULT now());
CREATE INDEX users_email ON users (email);
CREATE TYPE mood AS ENUM ('calm');
CREATE TABLE boxes (size integer);
CREATE MATERIALIZED VIEW sizes AS SELECT size, count(*) FROM boxes GROUP BY size;
CREATE UNIQUE INDEX sizes_size ON sizes (size);
CREATE SCHEMA "Billing";
CREATE TABLE "Billing"."Order Lines" (id integer PRIMARY KEY, "größe" integer);
"""


def traced(
    server: Server, sql: str, alone: bool = False, within: float = EACH_WITHIN, lines: tuple[int, ...] = ()
) -> tuple[Traced, ...]:
    """What each statement of the text does to the schema above."""
    made = server.create()
    with made.connected() as connection:
        connection.execute(BASE)
        script = Script("m.sql", parsing.split(sql), alone=alone)
        return tuple(measure(connection, script, within, lines, server.own))


def told(one: Traced) -> tuple[str, str]:
    """Lock and what takes long, in short."""
    lock = one.lock.words if one.lock else "none"
    return lock, " ".join(word for word, so in (("rewrite", one.rewrite), ("scan", one.scan)) if so)
