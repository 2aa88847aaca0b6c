"""What all parts of the configuration file have in common: known keys only, strict types, a sentence for each key.

Nothing here knows of a particular key.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.config import JsonDict

__all__ = ["Section", "key", "section"]


def key(default: Any, about: str, unit: str = "", alias: str | None = None, **bounds: Any) -> Any:
    """A key with a default, a sentence, and a unit where its kind does not bring one. `...` makes it required."""
    extra: JsonDict | None = {"unit": unit} if unit else None
    # Defaults stand as the file would write them, and are checked like what a file says.
    return Field(
        default, description=about, json_schema_extra=extra, alias=alias, validate_default=True, **bounds
    )


def section(alias: str | None = None) -> Any:
    """A key that holds further keys, all of them with a default."""
    return Field({}, validate_default=True, alias=alias)


class Section(BaseModel):
    """A mapping of known keys. `short` is the key that a single value in its place stands for."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
    short: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _lengthen(cls, value: Any) -> Any:
        return {cls.short: value} if cls.short and not isinstance(value, dict) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        long = handler(core)
        if not cls.short:
            return long
        return {"anyOf": [handler.resolve_ref_schema(long)["properties"][cls.short], long]}
