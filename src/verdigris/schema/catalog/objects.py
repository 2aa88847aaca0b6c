"""What a database holds, as values: equal to another day's if and only if the catalog says the same.

Names are as the server spells them, types and expressions as it prints them with an empty search_path. Object
numbers (`oid`) tell a rename from a drop and an addition, on copies of one database; elsewhere they mean nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from verdigris.schema.catalog.parts import Column, Constraint, Grant, Index, Policy, Rule, Sequence, Trigger

__all__ = [
    "Domain", "Extension", "Function", "Label", "Labels", "Relation", "RelationKind", "Schema", "Snapshot", "Type",
    "shown",
]  # fmt: skip


def shown(schema: str, name: str) -> str:
    """As people call it: without `public`."""
    return name if schema == "public" else f"{schema}.{name}"


class RelationKind(StrEnum):
    """As `pg_class.relkind`."""

    TABLE = "r"
    PARTITIONED = "p"
    VIEW = "v"
    MATERIALIZED = "m"
    FOREIGN = "f"
    COMPOSITE = "c"
    SEQUENCE = "S"

    @property
    def words(self) -> str:
        return RELATIONS[self]


RELATIONS = {
    RelationKind.TABLE: "table",
    RelationKind.PARTITIONED: "partitioned table",
    RelationKind.VIEW: "view",
    RelationKind.MATERIALIZED: "materialized view",
    RelationKind.FOREIGN: "foreign table",
    RelationKind.COMPOSITE: "type",
    RelationKind.SEQUENCE: "sequence",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view, sequence or composite type. `body` is the query of a view."""

    oid: int
    schema: str
    name: str
    kind: RelationKind
    owner: str
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rules: tuple[Rule, ...] = ()
    policies: tuple[Policy, ...] = ()
    grants: frozenset[Grant] = frozenset()
    body: str = ""
    secured: bool = False
    """Whether row level security is enabled, and `forced` for the owner as well."""
    forced: bool = False
    unlogged: bool = False
    options: tuple[str, ...] = ()
    parents: tuple[int, ...] = ()
    bound: str = ""
    """The values of a partition."""
    key: str = ""
    """What a partitioned table is split by."""
    sequence: Sequence | None = None

    def __str__(self) -> str:
        return shown(self.schema, self.name)

    @property
    def full(self) -> str:
        """Schema and name, always both."""
        return f"{self.schema}.{self.name}"

    @property
    def holds_rows(self) -> bool:
        return self.kind in {RelationKind.TABLE, RelationKind.PARTITIONED, RelationKind.FOREIGN}

    @property
    def is_type(self) -> bool:
        return self.kind is RelationKind.COMPOSITE


@dataclass(frozen=True, slots=True)
class Label:
    """One label of an enum, by number so that a renamed one is known."""

    oid: int
    name: str


@dataclass(frozen=True, slots=True)
class Labels:
    """An enum and its labels in their order."""

    oid: int
    schema: str
    name: str
    labels: tuple[Label, ...]

    def __str__(self) -> str:
        return shown(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Domain:
    """A type with conditions."""

    oid: int
    schema: str
    name: str
    base: str
    required: bool
    default: str
    constraints: tuple[Constraint, ...] = ()

    def __str__(self) -> str:
        return shown(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Type:
    """A range or base type: its name is all that is compared."""

    oid: int
    schema: str
    name: str

    def __str__(self) -> str:
        return shown(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Function:
    """A function, procedure or aggregate. `arguments` tell it from others of its name; `body` is a digest."""

    oid: int
    schema: str
    name: str
    arguments: str
    declared: str
    """The arguments with their defaults."""
    result: str
    kind: str
    body: str
    manner: str
    """Language, volatility, strictness and whose rights: what besides the body makes it what it is."""
    grants: frozenset[Grant] = frozenset()

    def __str__(self) -> str:
        return f"{shown(self.schema, self.name)}({self.arguments})"


@dataclass(frozen=True, slots=True)
class Schema:
    """A namespace."""

    oid: int
    name: str
    owner: str
    grants: frozenset[Grant] = frozenset()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Extension:
    """What it brings is not looked at one by one."""

    oid: int
    name: str
    version: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Snapshot:
    """The whole of it, without what belongs to PostgreSQL itself or to an extension. `path` is the search_path."""

    relations: tuple[Relation, ...] = ()
    enums: tuple[Labels, ...] = ()
    domains: tuple[Domain, ...] = ()
    types: tuple[Type, ...] = ()
    functions: tuple[Function, ...] = ()
    schemas: tuple[Schema, ...] = ()
    extensions: tuple[Extension, ...] = ()
    path: tuple[str, ...] = ("public",)
    timezone: str = "UTC"

    def find(self, schema: str, name: str) -> Relation | None:
        """The relation that this name means; without a schema, the first on the path. None if there is none."""
        places = (schema,) if schema else self.path
        return next((found for place in places if (found := self._named.get((place, name)))), None)

    def number(self, oid: int) -> Relation | None:
        """The relation of that number."""
        return self._numbered.get(oid)

    def domain(self, oid: int) -> Domain | None:
        """The domain of that number."""
        return self._domains.get(oid)

    def children(self, oid: int) -> tuple[Relation, ...]:
        """Its partitions, and the tables that inherit from it."""
        return self._children.get(oid, ())

    @cached_property
    def _children(self) -> dict[int, tuple[Relation, ...]]:
        found: dict[int, tuple[Relation, ...]] = {}
        for one in self.relations:
            for parent in one.parents:
                found[parent] = (*found.get(parent, ()), one)
        return found

    @cached_property
    def _named(self) -> dict[tuple[str, str], Relation]:
        return {(one.schema, one.name): one for one in self.relations if not one.is_type}

    @cached_property
    def _numbered(self) -> dict[int, Relation]:
        return {one.oid: one for one in self.relations}

    @cached_property
    def _domains(self) -> dict[int, Domain]:
        return {one.oid: one for one in self.domains}
