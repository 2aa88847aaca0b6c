"""The keys of the database, and what they have to do with each other."""

import pytest

from verdigris.config import parse_config
from verdigris.core.errors import ConfigError

DATABASE = 'database: "env:OWNER_URL"'


def read(more):
    env = "{STAGE: one, OTHER: two}"
    return parse_config(f'app: api\nrun: {{command: ["{{port}}"], env: {env}}}\nschema: {{{more}}}'.encode())[
        0
    ]


def test_nothing_moves_the_schema_unless_it_is_configured():
    settings = read("")
    assert (None, False, False) == (settings.schema, settings.policy.expand, settings.policy.contract)


def test_a_tool_expands_and_contracts():
    settings = read(f'tool: alembic, command: [".venv/bin/alembic"], {DATABASE}, role: orders')
    assert (True, True) == (settings.policy.expand, settings.policy.contract)
    schema = settings.schema
    assert schema is not None
    assert ("alembic", (".venv/bin/alembic",), "env:OWNER_URL", "orders", None) == (
        schema.tool, schema.command, schema.database, schema.role, schema.shadow,
    )  # fmt: skip


def test_without_a_role_for_each_slot_nothing_is_contracted():
    policy = read(f"tool: files, {DATABASE}").policy
    assert (True, False) == (policy.expand, policy.contract)


def test_what_is_unproven_is_refused_unless_somebody_says_otherwise():
    assert not read(f"tool: files, {DATABASE}").policy.unproven_passes
    assert read(f"tool: files, {DATABASE}, unproven: pass").policy.unproven_passes


def test_changed_results_and_long_locks_are_refused_unless_somebody_says_otherwise():
    schema = read(f"tool: files, {DATABASE}").schema
    assert schema is not None
    assert ("refused", "refused") == (schema.shapes, schema.hazards)
    schema = read(f"tool: files, {DATABASE}, role: orders, shapes: recycled, hazards: allowed").schema
    assert schema is not None
    assert ("recycled", "allowed") == (schema.shapes, schema.hazards)


def test_of_the_applications_variables_a_tool_gets_those_that_are_named():
    schema = read(f'tool: alembic, command: ["alembic"], {DATABASE}').schema
    assert schema is not None
    assert () == schema.env
    schema = read(f'tool: alembic, command: ["alembic"], {DATABASE}, env: [STAGE]').schema
    assert schema is not None
    assert (("STAGE", "one"),) == schema.env


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (f"tool: files, {DATABASE}, env: [NONE]", "schema.env[0]: NONE is no variable of run.env"),
        (f"tool: files, {DATABASE}, env: [A b]", "schema.env: must be a list of names of variables"),
        ("tool: files", "schema.database: is none, and files needs to know where production is"),
        (f"tool: django, {DATABASE}", "schema.command: is none, and django is started by it"),
        (f'tool: files, {DATABASE}, command: ["x"]', "schema.command: is set, and SQL files are run by us"),
        ('tool: files, database: "postgres://a:hunter2@b/c"', "schema.database: must be"),
        (f'tool: files, {DATABASE}, shadow: "postgres://a:hunter2@b/c"', "schema.shadow: must be embedded"),
        (f"tool: flyway, {DATABASE}", "schema.tool"),
        (
            f"tool: files, {DATABASE}, shapes: recycled",
            "schema.role: is none, and schema.shapes: recycled ends",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_and_no_secret_is_repeated(more, sentence):
    with pytest.raises(ConfigError) as caught:
        read(more)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)
