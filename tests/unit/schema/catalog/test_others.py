"""What becomes of enums, domains, functions, schemas and extensions."""

from __future__ import annotations

from .conftest import check

TABLE = {
    "ALTER TYPE status ADD VALUE 'sent' BEFORE 'paid'": ["status: label 'sent' added = expand"],
    "ALTER TYPE status RENAME VALUE 'paid' TO 'settled'": ["status: label 'paid' renamed to 'settled' = both"],
    "ALTER TYPE status RENAME TO state": ["status: enum renamed to state = both", ],
    "CREATE DOMAIN k AS int": ["k: domain added = expand"],
    "ALTER DOMAIN email ADD CONSTRAINT k CHECK (length(VALUE) < 9)": [
        "customers.mail: its domain demands more = contract",
        "email.k: domain demands CHECK ((length(VALUE) < 9)) = contract",
    ],
    "ALTER DOMAIN email DROP CONSTRAINT email_check": ["email.email_check: condition of the domain dropped = (expand)"],
    "ALTER DOMAIN email SET DEFAULT 'a@b'": ["email: default changed = (expand)"],
    "DROP FUNCTION f": ["f(a integer, b integer): function dropped = contract"],
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'": ["g(): function added = expand"],
    "CREATE OR REPLACE FUNCTION f(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT b'": [
        "f(a integer, b integer): function body changed = (expand)"
    ],
    "DROP FUNCTION f; CREATE FUNCTION f(a int, b int) RETURNS text LANGUAGE sql AS 'SELECT a::text'": [
        "f(a integer, b integer): returns text instead of integer = both",
        "f(a integer, b integer): defaults of its arguments changed = contract",
        "f(a integer, b integer): function body changed = (expand)",
    ],
    "DROP SCHEMA other": ["other: schema dropped = contract"],
    "ALTER SCHEMA other RENAME TO another": ["other: schema renamed to another = both"],
    "REVOKE EXECUTE ON FUNCTION f FROM public": [
        "f(a integer, b integer): EXECUTE revoked from public = contract"
    ],
    "CREATE EXTENSION hstore": ["hstore: extension added = expand"],
    "DROP EXTENSION citext": ["citext: extension dropped = contract"],
    "CREATE TYPE span AS RANGE (subtype = int)": ["span: type added = expand"],
}  # fmt: skip


def test_each_change_is_told_with_what_it_makes_of_the_migration(told):
    check(told, TABLE)


def test_a_domain_that_is_required_requires_its_columns(told):
    assert [
        "customers.mail: NOT NULL added = contract",
        "email: NOT NULL added for the domain = contract",
    ] == told("ALTER DOMAIN email SET NOT NULL")


def test_a_new_label_has_a_note(changes):
    (change,) = changes("ALTER TYPE status ADD VALUE 'sent'")
    assert "the old version may read a label that it does not know" == change.note
