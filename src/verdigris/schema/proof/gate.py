"""From a schema's text, migrations and recorded statements to the proof, on a server that is nobody's.

This is what stands between a migration and production, in a deployment as in anyone's CI.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from verdigris.schema.catalog.labelling import Labelled, label
from verdigris.schema.finding import Proof
from verdigris.schema.proof.applied import apply, way_of
from verdigris.schema.proof.assumed import assumed
from verdigris.schema.proof.matrix import Schemas, prove
from verdigris.schema.script import Kind, Script
from verdigris.schema.shadow.base import load
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.roles import Role, act
from verdigris.schema.shadow.server import Server
from verdigris.schema.sources.recording import Recording
from verdigris.schema.statement import Statement

__all__ = ["Answer", "Question", "answered", "sent"]

AS_OWNER = "statements ran as the owner (was it dumped with --no-privileges?)"
ENTITLED = """
SELECT bool_or(has_any_column_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE')) FROM pg_class c
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
"""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """`base` is the schema as SQL, and `name` what people call it. `new` is None where it is not asked about.

    `role` is the application's; without it the only one that the schema lets write is taken for it, if there is one.
    """

    base: str = field(repr=False)
    name: str
    expand: tuple[Script, ...]
    old: Recording
    new: Recording | None = None
    contract: tuple[Script, ...] = ()
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The proof, and what each script turned out to be, in their order."""

    proof: Proof
    labels: tuple[Labelled, ...] = ()

    @property
    def disagreeing(self) -> tuple[Labelled, ...]:
        """Those that are declared to be what they are not."""
        return tuple(label for label in self.labels if disagrees(label))


def disagrees(label: Labelled) -> bool:
    declared = label.script.declared
    return declared not in (None, label.kind) and not all(change.weak for change in label.changes)


def answered(server: Server, question: Question, tell: Tell) -> Answer:
    """The whole answer. `ConfigError` where the base or a migration is not accepted; whatever was made is dropped."""
    with made(server) as empty:
        base, notes = acted(empty, question.role)
        tell(f"loading {question.name}")
        notes += load(base, question.base, question.name)
        if base.role and not entitled(base):
            notes += (f"{question.name} grants {base.role} nothing, so {AS_OWNER}",)
            base = replace(base, role="")
        elif not question.role:
            base, more = assumed(base, question.name, sent(question.old))
            notes += more
        with made(server, base) as expanded, ExitStack() as stack:
            tell(f"expanding: {names(question.expand)}")
            apply(expanded, question.expand)
            contracted = None
            if question.contract:
                contracted = stack.enter_context(made(server, expanded))
                tell(f"contracting: {names(question.contract)}")
                apply(contracted, question.contract)
            labels = labelled(server, base, (*question.expand, *question.contract))
            schemas = Schemas(base, expanded, contracted, way_of(question.expand), way_of(question.contract))
            new = None if question.new is None else sent(question.new)
            proof = prove(server, schemas, sent(question.old), new, role=base.role, tell=tell)
    recorded = (*question.old.notes, *(question.new.notes if question.new else ()))
    return Answer(replace(proof, notes=(*notes, *recorded, *split(labels), *proof.notes)), labels)


def labelled(server: Server, base: Database, scripts: Sequence[Script]) -> tuple[Labelled, ...]:
    """What each script is, found where those before it were run."""
    found = []
    with made(server, base) as walking:
        for script in scripts:
            found.append(label(server, walking, script))
            apply(walking, [script])
    return tuple(found)


def split(labels: Sequence[Labelled]) -> Iterator[str]:
    """How to take apart what both expands and contracts."""
    for each in labels:
        if each.kind is Kind.BOTH:
            yield f"{each.script.name} both expands and contracts: split it. {' '.join(each.split())}"
        for note in each.notes:
            yield f"{each.script.name}: {note}"


def acted(database: Database, role: Role | None) -> tuple[Database, tuple[str, ...]]:
    return act(database, role) if role else (database, ())


def entitled(database: Database) -> bool:
    """Whether the role may do anything with anything that holds rows; where nothing does, there is no telling."""
    with database.connected() as connection:
        row = connection.execute(ENTITLED, (database.role,)).fetchone()
    return bool(row is None or row[0] is None or row[0])


def names(scripts: Sequence[Script]) -> str:
    return ", ".join(script.name for script in scripts)


def sent(recording: Recording) -> list[Statement]:
    """Every statement as often as it was sent, in that order."""
    found = []
    for one in recording.order:
        statement = recording.statements[one.statement]
        found.append(replace(statement, runs=() if one.run is None else (statement.runs[one.run],)))
    return found or list(recording.statements)


@contextmanager
def made(server: Server, template: Database | None = None) -> Iterator[Database]:
    """A database for as long as the block lasts."""
    database = server.create(template)
    try:
        yield database
    finally:
        server.drop(database)
