"""The steps of a release, walked on a shadow: what each of them is, and the schema as it is before, between and after.

What expands runs while the old release serves, what contracts when it is gone; so nothing that expands may stand behind
what contracts. What is both belongs to no moment, and is refused with the way to take it apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from verdigris.core.errors import Refused
from verdigris.schema.catalog.change import Change, kind_of
from verdigris.schema.catalog.difference import difference
from verdigris.schema.catalog.snapshot import snapshot
from verdigris.schema.running.drops import Drop
from verdigris.schema.script import Kind
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server
from verdigris.schema.tools.standing import dropped
from verdigris.schema.tools.standing import named as names
from verdigris.schema.tools.tool import Step, Tool

__all__ = ["Walk", "apart", "walked"]

CHANGES_MOST = 5
"""Changes that a refusal names."""


@dataclass(frozen=True, slots=True)
class Walk:
    """`expanded` is what the steps that expand lead to, `contracted` what all do: the same where none contracts.

    `drops` are the tables and columns that each step takes away, by its name.
    """

    base: Database
    expanded: Database
    contracted: Database
    expand: tuple[Step, ...]
    contract: tuple[Step, ...]
    changes: tuple[Change, ...]
    drops: Mapping[str, tuple[Drop, ...]] = field(default_factory=dict)


@contextmanager
def walked(
    server: Server, base: Database, tool: Tool, steps: Sequence[Step], tell: Callable[[str], None]
) -> Iterator[Walk]:
    """The three schemas for as long as the block lasts. `Refused` for what is both, or in an order that cannot be."""
    with server.copy(base) as contracted, server.copy(base) as expanded:
        found, drops = [], dict[str, tuple[Drop, ...]]()
        for step in steps:
            tell(f"{step}: tried on the shadow")
            before = names(contracted)
            found.append((step, tried(tool, contracted, step)))
            drops[step.name] = dropped(before, names(contracted))
        expand, contract = apart(found)
        for step in expand:
            tool.run(expanded.url(), step)
        changes = tuple(change for _, its in found for change in its)
        yield Walk(base, expanded, contracted if contract else expanded, expand, contract, changes, drops)


def tried(tool: Tool, database: Database, step: Step) -> tuple[Change, ...]:
    """What a step changes there."""
    before = snapshot(database)
    tool.run(database.url(), step)
    return difference(before, snapshot(database))


def apart(found: Sequence[tuple[Step, tuple[Change, ...]]]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Those that expand, and those that contract."""
    expand, contract = list[Step](), list[Step]()
    for step, changes in found:
        kind = agreed(step, changes)
        if kind is Kind.CONTRACT:
            contract.append(step)
        elif contract and changes:
            raise Refused(
                f"{step} expands and stands behind {contract[0]}, which contracts: it would have to run "
                "before and after the cutover. Put it in front, or ship what contracts with a later release"
            )
        else:
            (contract or expand).append(step)
    return tuple(expand), tuple(contract)


def agreed(step: Step, changes: tuple[Change, ...]) -> Kind:
    """What it is, where its author does not say otherwise. Rows that it fills are none on a shadow."""
    kind = kind_of(changes)
    if kind is Kind.BOTH:
        told = "; ".join(f"{change} ({change.kind})" for change in changes[:CHANGES_MOST] if not change.weak)
        raise Refused(
            f"{step} expands and contracts at once, so one of the two releases would be broken while both run: "
            f"{told}. Make it two: what expands with this release, what contracts after it"
        )
    if kind is Kind.CONTRACT and step.declared not in (None, kind):
        raise Refused(f"{step} is declared as {step.declared} and contracts: {changes[0]}")
    return step.declared or kind
