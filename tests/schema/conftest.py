"""The corpus is proven on real servers, the oldest and the newest that are supported."""

from tests.unit.schema.conftest import server15, server18

__all__ = ["server15", "server18"]
