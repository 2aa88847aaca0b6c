"""Operations on a schema that strong_migrations has an opinion on, as the SQL that Rails would send, and that opinion.

The statements are written for this file; the verdicts are what strong_migrations 2.8 documents for PostgreSQL. LOCK is
unsafe since somebody waits, BREAK since the version that serves fails: the one is asked of the measured hazard, the
other of the class of the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["BASE", "ONCE", "OPERATIONS", "Operation", "Verdict"]

ONCE = """
CREATE SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION btree_gist SCHEMA extensions;
"""
BASE = """
DROP SCHEMA IF EXISTS public, billing, bad_name CASCADE;
CREATE SCHEMA public;
SET search_path = public, extensions;
CREATE TABLE orders (id bigserial PRIMARY KEY, total integer);
CREATE TABLE devices (id bigserial PRIMARY KEY);
CREATE TABLE cities_users (city_id bigint, user_id bigint);
CREATE TABLE lists (title text, position integer);
CREATE TYPE plan AS ENUM ('free', 'paid');
CREATE SCHEMA billing;
CREATE TABLE users (
    id bigserial PRIMARY KEY, name varchar, city varchar, state varchar, zip_code varchar, other text,
    country varchar(20), description text, code citext, credit_score numeric(10, 5), points numeric,
    deleted_at timestamp, checked_at timestamp, seen_at timestamptz, joined_at timestamp(0), left_at timestamp,
    opened_at timestamptz(0), closed_at timestamptz, opens_at time(0), closes_at time, duration interval(0),
    pause interval, network cidr, address inet, age integer, properties jsonb, "interval" text, plan plan,
    device_id bigint, device_type varchar, order_id bigint,
    created_at timestamp NOT NULL, updated_at timestamp NOT NULL,
    nickname varchar, slug text, tag citext, label citext, height integer, CONSTRAINT tall CHECK (height > 0)
);
CREATE INDEX index_users_on_email ON users (other);
CREATE INDEX index_users_on_nickname ON users (nickname);
CREATE INDEX index_users_on_slug ON users (slug);
CREATE INDEX index_users_on_tag ON users (tag);
CREATE INDEX index_users_on_label ON users (label);
CREATE UNIQUE INDEX index_users_on_code ON users (code);
"""


class Verdict(StrEnum):
    """What strong_migrations says."""

    SAFE = "safe"
    LOCK = "unsafe: waits"
    BREAK = "unsafe: breaks"


SAFE, LOCK, BREAK = Verdict


@dataclass(frozen=True)
class Operation:
    """`since` is the major version that knows it; `alone` is `disable_ddl_transaction!`, with no transaction around."""

    name: str
    sql: str
    says: Verdict
    alone: bool = False
    since: int = 15


def typed(name: str, column: str, kind: str, says: Verdict) -> Operation:
    return Operation(name, f'ALTER TABLE "users" ALTER COLUMN "{column}" TYPE {kind}', says)


def typed_in_turn(name: str, column: str, kinds: tuple[str, ...], says: Verdict) -> Operation:
    steps = ";\n".join(f'ALTER TABLE "users" ALTER COLUMN "{column}" TYPE {kind}' for kind in kinds)
    return Operation(name, steps, says)


COLUMNS = (
    Operation("add column", 'ALTER TABLE "users" ADD "nice" boolean', SAFE),
    Operation("add column, default", 'ALTER TABLE "users" ADD "nice" boolean DEFAULT TRUE', SAFE),
    Operation("add column, default null", 'ALTER TABLE "users" ADD "nice" boolean DEFAULT NULL', SAFE),
    Operation(
        "add column, default not null", 'ALTER TABLE "users" ADD "nice" boolean DEFAULT TRUE NOT NULL', SAFE
    ),
    Operation("add column, default now()", 'ALTER TABLE "users" ADD "nice" timestamp DEFAULT now()', SAFE),
    Operation(
        "add column, default clock",
        'ALTER TABLE "users" ADD "nice" timestamp DEFAULT clock_timestamp()',
        LOCK,
    ),
    Operation(
        "add column, default uuid", 'ALTER TABLE "users" ADD "nice" uuid DEFAULT gen_random_uuid()', LOCK
    ),
    Operation(
        "add column, default uuid not null",
        'ALTER TABLE "users" ADD "nice" uuid DEFAULT gen_random_uuid() NOT NULL',
        LOCK,
    ),
    Operation(
        "add column, default uuid later",
        'ALTER TABLE "users" ADD "nice" uuid; ALTER TABLE "users" ALTER COLUMN "nice" SET DEFAULT gen_random_uuid()',
        SAFE,
    ),
    Operation(
        "add column, default later",
        'ALTER TABLE "users" ADD "nice" boolean; ALTER TABLE "users" ALTER COLUMN "nice" SET DEFAULT FALSE',
        SAFE,
    ),
    Operation("add column json", 'ALTER TABLE "users" ADD "settings" json', BREAK),
    Operation("add column jsonb", 'ALTER TABLE "users" ADD "settings" jsonb', SAFE),
    Operation(
        "add column generated stored",
        'ALTER TABLE "users" ADD "nice" varchar GENERATED ALWAYS AS (lower(city)) STORED',
        LOCK,
    ),
    Operation(
        "add column generated virtual",
        'ALTER TABLE "users" ADD "nice" varchar GENERATED ALWAYS AS (lower(city)) VIRTUAL',
        SAFE,
        since=18,
    ),
    Operation("add column primary key", 'ALTER TABLE "lists" ADD "nice" bigserial PRIMARY KEY', LOCK),
    Operation("add column serial", 'ALTER TABLE "users" ADD "nice" serial', LOCK),
    Operation("add column bigserial", 'ALTER TABLE "users" ADD "nice" bigserial', LOCK),
)
TYPES = (
    typed("varchar to text", "name", "text", SAFE),
    typed("varchar to citext", "name", "citext", SAFE),
    typed("varchar to citext, indexed", "nickname", "citext", LOCK),
    typed("varchar longer", "country", "varchar(21)", SAFE),
    typed("varchar longer than 255", "country", "varchar(256)", SAFE),
    typed("varchar shorter", "country", "varchar(19)", LOCK),
    typed("varchar without its limit", "country", "varchar", SAFE),
    typed("varchar with a limit", "name", "varchar(20)", LOCK),
    typed("text to varchar with a limit", "description", "varchar(20)", LOCK),
    typed("text to varchar", "description", "varchar", SAFE),
    typed("text to citext", "description", "citext", SAFE),
    typed("text to citext, indexed", "slug", "citext", LOCK),
    Operation(
        "citext to text", "DROP INDEX index_users_on_tag; ALTER TABLE users ALTER COLUMN tag TYPE text", SAFE
    ),
    typed("citext to text, indexed", "tag", "text", LOCK),
    typed("citext to varchar with a limit", "label", "varchar(20)", LOCK),
    Operation(
        "citext to varchar",
        "DROP INDEX index_users_on_label; ALTER TABLE users ALTER COLUMN label TYPE varchar",
        SAFE,
    ),
    typed("citext to varchar, indexed", "label", "varchar", LOCK),
    typed("numeric less precise", "credit_score", "numeric(9, 5)", LOCK),
    typed("numeric of another scale", "credit_score", "numeric(10, 6)", LOCK),
    typed("numeric more precise", "credit_score", "numeric(11, 5)", SAFE),
    typed("numeric without bounds", "credit_score", "numeric", SAFE),
    typed("numeric with bounds", "points", "numeric(10, 5)", LOCK),
    typed_in_turn("timestamps in UTC", "deleted_at", ("timestamptz", "timestamp"), SAFE),
    Operation(
        "timestamps elsewhere",
        "SET timezone = 'America/Los_Angeles'; ALTER TABLE users ALTER COLUMN deleted_at TYPE timestamptz",
        LOCK,
    ),
    typed_in_turn("timestamp more precise", "joined_at", ("timestamp(3)", "timestamp(6)", "timestamp"), SAFE),
    typed("timestamp less precise", "left_at", "timestamp(3)", LOCK),
    typed_in_turn(
        "timestamptz more precise", "opened_at", ("timestamptz(3)", "timestamptz(6)", "timestamptz"), SAFE
    ),
    typed("timestamptz less precise", "closed_at", "timestamptz(3)", LOCK),
    typed_in_turn("time more precise", "opens_at", ("time(3)", "time(6)", "time"), SAFE),
    typed("time less precise", "closes_at", "time(3)", LOCK),
    typed_in_turn("interval more precise", "duration", ("interval(3)", "interval(6)", "interval"), SAFE),
    typed("interval less precise", "pause", "interval(3)", LOCK),
    typed("cidr to inet", "network", "inet", SAFE),
    typed("inet to cidr", "address", "cidr USING address::cidr", LOCK),
    typed("integer to bigint", "age", "bigint", LOCK),
    typed("jsonb to text", "properties", "text", LOCK),
    typed("with a check on it", "height", "integer USING height", LOCK),
    Operation(
        "type with not null",
        "ALTER TABLE users ALTER COLUMN country TYPE varchar(20), ALTER COLUMN country SET NOT NULL",
        LOCK,
    ),
)
VALID = """ALTER TABLE "users" ADD CONSTRAINT "test" CHECK ({0} IS NOT NULL) NOT VALID;
ALTER TABLE "users" VALIDATE CONSTRAINT "test";
ALTER TABLE "users" ALTER COLUMN {0} SET NOT NULL;
ALTER TABLE "users" DROP CONSTRAINT "test" """
NULLS = (
    Operation("set not null", 'ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL', LOCK),
    Operation("set not null, valid check", VALID.format('"name"'), SAFE, alone=True),
    Operation("set not null, valid check, quoted", VALID.format('"interval"'), SAFE, alone=True),
    Operation(
        "set not null, check not valid",
        'ALTER TABLE "users" ADD CONSTRAINT "test" CHECK ("name" IS NOT NULL) NOT VALID;'
        'ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL',
        LOCK,
        alone=True,
    ),
    Operation(
        "set not null, default",
        """UPDATE "users" SET "name" = 'Andy' WHERE "name" IS NULL;"""
        """ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL""",
        LOCK,
    ),
    Operation("drop not null", 'ALTER TABLE "users" ALTER COLUMN "created_at" DROP NOT NULL', SAFE),
    Operation(
        "not null not valid",
        'ALTER TABLE "users" ADD CONSTRAINT "nn" NOT NULL "name" NOT VALID',
        SAFE,
        since=18,
    ),
)
INDEXES = (
    Operation("add index", 'CREATE INDEX "i" ON "users" ("name")', LOCK),
    Operation(
        "add two indexes", 'CREATE INDEX "i" ON "users" ("name"); CREATE INDEX "j" ON "users" ("city")', LOCK
    ),
    Operation("add index, unique", 'CREATE UNIQUE INDEX "i" ON "users" ("name")', LOCK),
    Operation(
        "add index, four columns", 'CREATE INDEX "i" ON "users" ("name", "city", "state", "zip_code")', LOCK
    ),
    Operation(
        "add index concurrently", 'CREATE INDEX CONCURRENTLY "i" ON "users" ("name")', SAFE, alone=True
    ),
    Operation(
        "add index concurrently, unique",
        'CREATE UNIQUE INDEX CONCURRENTLY "i" ON "users" ("name")',
        SAFE,
        alone=True,
    ),
    Operation(
        "add index, new table",
        'CREATE TABLE "new_users" ("id" bigserial PRIMARY KEY, "name" varchar);'
        'CREATE INDEX "i" ON "new_users" ("name")',
        SAFE,
    ),
    Operation("remove index", 'DROP INDEX "index_users_on_email"', LOCK),
    Operation(
        "remove index concurrently", 'DROP INDEX CONCURRENTLY "index_users_on_email"', SAFE, alone=True
    ),
)
ADD_COLUMN = 'ALTER TABLE "users" ADD "maker_id" bigint; '
ADD_KEY = 'ALTER TABLE "users" ADD CONSTRAINT "fk" FOREIGN KEY ("maker_id") REFERENCES "devices" ("id")'
REFERENCES = (
    Operation("add reference, index", f'{ADD_COLUMN}CREATE INDEX "i" ON "users" ("maker_id")', LOCK),
    Operation(
        "add reference, polymorphic",
        'ALTER TABLE "users" ADD "maker_type" varchar; '
        f'{ADD_COLUMN}CREATE INDEX "i" ON "users" ("maker_type", "maker_id")',
        LOCK,
    ),
    Operation("add reference, no index", ADD_COLUMN, SAFE),
    Operation("add reference, unique", f'{ADD_COLUMN}CREATE UNIQUE INDEX "i" ON "users" ("maker_id")', LOCK),
    Operation(
        "add reference concurrently",
        f'{ADD_COLUMN}CREATE INDEX CONCURRENTLY "i" ON "users" ("maker_id")',
        SAFE,
        alone=True,
    ),
    Operation("add reference, foreign key", ADD_COLUMN + ADD_KEY, LOCK),
    Operation("add reference, foreign key not valid", f"{ADD_COLUMN}{ADD_KEY} NOT VALID", SAFE),
    Operation(
        "add reference, foreign key not valid, index",
        f'{ADD_COLUMN}CREATE INDEX "i" ON "users" ("maker_id"); {ADD_KEY} NOT VALID',
        LOCK,
    ),
    Operation("add reference, to its own table", ADD_COLUMN + ADD_KEY.replace("devices", "users"), LOCK),
    Operation("add reference, on delete", f"{ADD_COLUMN}{ADD_KEY} ON DELETE SET NULL", LOCK),
)
KEY = 'ALTER TABLE "users" ADD CONSTRAINT "fk" FOREIGN KEY ("order_id") REFERENCES "orders" ("id")'
CHECK = 'ALTER TABLE "users" ADD CONSTRAINT "credit" CHECK (credit_score > 0)'
VALIDATE = 'ALTER TABLE "users" VALIDATE CONSTRAINT '
NEW_TABLE = 'CREATE TABLE "new_users" ("id" bigserial PRIMARY KEY, "name" varchar, "score" numeric);'
CONSTRAINTS = (
    Operation("add foreign key", KEY, LOCK),
    Operation("add foreign key not valid", f"{KEY} NOT VALID", SAFE),
    Operation("validate foreign key, same transaction", f'{KEY} NOT VALID; {VALIDATE} "fk"', LOCK),
    Operation("validate foreign key", f'{KEY} NOT VALID; {VALIDATE} "fk"', SAFE, alone=True),
    Operation("add check", CHECK, LOCK),
    Operation("add check not valid", f"{CHECK} NOT VALID", SAFE),
    Operation("add check not enforced", f"{CHECK} NOT ENFORCED", SAFE, since=18),
    Operation("validate check, same transaction", f'{CHECK} NOT VALID; {VALIDATE} "credit"', LOCK),
    Operation("validate check", f'{CHECK} NOT VALID; {VALIDATE} "credit"', SAFE, alone=True),
    Operation(
        "add check, new table", f"{NEW_TABLE} ALTER TABLE new_users ADD CHECK (name IS NOT NULL)", SAFE
    ),
    Operation(
        "add exclusion",
        'ALTER TABLE "users" ADD CONSTRAINT "x" EXCLUDE USING gist (credit_score WITH =)',
        LOCK,
    ),
    Operation(
        "add exclusion, new table",
        f"{NEW_TABLE} ALTER TABLE new_users ADD EXCLUDE USING gist (score WITH =)",
        SAFE,
    ),
    Operation("add unique", 'ALTER TABLE "users" ADD CONSTRAINT "u" UNIQUE ("name")', LOCK),
    Operation(
        "add unique using index",
        'CREATE UNIQUE INDEX CONCURRENTLY "i" ON "users" ("name");'
        'ALTER TABLE "users" ADD CONSTRAINT "u" UNIQUE USING INDEX "i"',
        SAFE,
        alone=True,
    ),
    Operation("add unique, new table", f"{NEW_TABLE} ALTER TABLE new_users ADD UNIQUE (name)", SAFE),
)
BREAKS = (
    Operation("remove column", 'ALTER TABLE "users" DROP COLUMN "name"', BREAK),
    Operation("remove columns", 'ALTER TABLE "users" DROP COLUMN "name", DROP COLUMN "other"', BREAK),
    Operation(
        "remove timestamps", 'ALTER TABLE "users" DROP COLUMN "updated_at", DROP COLUMN "created_at"', BREAK
    ),
    Operation("remove reference", 'ALTER TABLE "users" DROP COLUMN "device_id"', BREAK),
    Operation(
        "remove polymorphic", 'ALTER TABLE "users" DROP COLUMN "device_id", DROP COLUMN "device_type"', BREAK
    ),
    Operation("rename column", 'ALTER TABLE "users" RENAME COLUMN "properties" TO "bad_name"', BREAK),
    Operation("rename table", 'ALTER TABLE "users" RENAME TO "bad_name"', BREAK),
    Operation("rename schema", 'ALTER SCHEMA "billing" RENAME TO "bad_name"', BREAK),
    Operation("rename enum value", "ALTER TYPE plan RENAME VALUE 'free' TO 'gratis'", BREAK),
    Operation(
        "create table, force",
        'DROP TABLE IF EXISTS "users" CASCADE; CREATE TABLE "users" ("id" bigserial PRIMARY KEY, "name" varchar)',
        BREAK,
    ),
    Operation(
        "create join table, force",
        'DROP TABLE IF EXISTS "cities_users" CASCADE; '
        'CREATE TABLE "cities_users" ("city_id" bigint NOT NULL, "user_id" bigint NOT NULL)',
        BREAK,
    ),
    Operation(
        "create join table", 'CREATE TABLE "a_b" ("a_id" bigint NOT NULL, "b_id" bigint NOT NULL)', SAFE
    ),
    Operation("change default", """ALTER TABLE "users" ALTER COLUMN "name" SET DEFAULT 'Test'""", SAFE),
)
FILL = """UPDATE "users" SET "other" = 'value'"""
BACKFILLS = (
    Operation("backfill beside a column", f'ALTER TABLE "users" ADD "nice" text; {FILL}', LOCK),
    Operation("backfill at once", FILL, LOCK, alone=True),
    Operation("backfill in batches", f'{FILL} WHERE "id" >= 1 AND "id" < 1001', SAFE, alone=True),
)
OPERATIONS = (*COLUMNS, *TYPES, *NULLS, *INDEXES, *REFERENCES, *CONSTRAINTS, *BREAKS, *BACKFILLS)
