"""What relations are made of, as values: columns, constraints, indexes, triggers, rules, policies, rights.

Names are as the server spells them, types and expressions as it prints them with an empty search_path.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Column", "Constraint", "Grant", "Index", "Policy", "Rule", "Sequence", "Trigger"]


@dataclass(frozen=True, slots=True)
class Grant:
    """`grantee` is a role, or "public" for all of them; `column` is "" where it is of the whole object."""

    grantee: str
    privilege: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """`generated` and `identity` are the letters of pg_attribute, "" for neither. `default` is "" for none.

    `domain` is the number of the domain that it is of, 0 for none; `type_number` is that of its type. `required`
    counts NOT NULL that is not validated.
    """

    number: int
    name: str
    type: str
    required: bool
    default: str = ""
    generated: str = ""
    identity: str = ""
    collation: str = ""
    domain: int = 0
    type_number: int = 0

    @property
    def fills(self) -> bool:
        """Whether the server puts something in where a statement does not."""
        return bool(self.default or self.generated or self.identity)

    @property
    def unwritable(self) -> bool:
        """Whether an INSERT with a value for it fails."""
        return bool(self.generated) or self.identity == "a"


@dataclass(frozen=True, slots=True)
class Constraint:
    """`sort` is the letter of pg_constraint: c check, f foreign key, p primary key, u unique, x exclusion, n NOT NULL.

    `columns` are those it names, `index` and `references` the numbers of what it stands on and points to, 0 for none.
    """

    oid: int
    name: str
    sort: str
    definition: str
    validated: bool = True
    enforced: bool = True
    columns: tuple[str, ...] = ()
    index: int = 0
    references: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """`columns` has "" for an expression. `predicate` is "" for all rows. `constraint` is whether one stands on it."""

    oid: int
    name: str
    definition: str
    columns: tuple[str, ...]
    unique: bool = False
    valid: bool = True
    predicate: str = ""
    constraint: bool = False
    together: bool = False
    """Whether NULLs count as equal."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """`enabled` is the letter of pg_trigger: O yes, D no, R on replicas only, A always."""

    oid: int
    name: str
    definition: str
    enabled: str
    fills: frozenset[str] = frozenset()
    """The verbs (insert, update) before whose rows it runs, so that it may put other values in."""
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rewrite rule other than the one that makes a view."""

    oid: int
    name: str
    definition: str
    enabled: str
    event: str
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """`command` is the letter of pg_policy, * for all."""

    oid: int
    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: str
    check: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """What its numbers are."""

    type: str
    start: int
    step: int
    least: int
    most: int
    cycles: bool
