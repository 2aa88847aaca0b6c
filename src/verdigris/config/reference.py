"""The configuration reference and the JSON Schema, written from the models and the commented example.

`scripts/write_reference.py` puts them into docs/, and a test says when they are old. `verdigris docs` may show them.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from verdigris.config.catalogue import Entry, entries
from verdigris.config.models import App, Apps

__all__ = ["example_text", "reference_text", "schema_text"]

INTRODUCTION = """\
<!-- Written by scripts/write_reference.py from the models in src/verdigris/config. Do not edit by hand. -->
# Configuration

One file, `verdigris.yaml`. Only `app` and `run.command` have no default. Durations and percentages are texts with a
unit (`300s`, `15m`, `2m30s`, `500ms`, `10%`); a bare number is refused, as are unknown and duplicate keys, anchors and
tags. `verdigris config` shows every value that holds and where it comes from.

Several apps stand under `apps`, each with the keys below and its name in front:
`apps: {api: {run: {…}}, search: {run: {…}}}`.

Editors that know JSON Schema complete and check the keys with `verdigris.schema.json` beside this page.
"""


def example_text() -> str:
    """The commented example: every key, with its default."""
    return files("verdigris.config").joinpath("example.yaml").read_text("utf-8")


def schema_text() -> str:
    """The JSON Schema (2020-12) of a file of one app or several."""
    one, several = App.model_json_schema(), Apps.model_json_schema()
    definitions = {**one.pop("$defs"), **several.pop("$defs")}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        # Told apart by the key, so that an editor does not complain in the words of both.
        "if": {"required": ["apps"]},
        "then": several,
        "else": one,
        "$defs": definitions,
    }
    return json.dumps({"title": "verdigris.yaml", **_plain(schema)}, indent=2, ensure_ascii=False) + "\n"


def reference_text() -> str:
    """The page of the reference, in Markdown."""
    alone = [entry for entry in entries() if "." not in entry.name and not entry.section]
    parts = [INTRODUCTION, "## Keys without a section\n", _table(alone)]
    for section in (entry for entry in entries() if entry.section):
        inside = [entry for entry in entries() if not entry.section and _home(entry) == section.name]
        parts += [f"## {section.name}\n", f"{section.about}\n", _table(inside)]
    return "\n".join([*parts, "## The commented example\n", "```yaml", example_text().rstrip(), "```", ""])


def _home(entry: Entry) -> str:
    """The section whose table has the entry; what stands in a list of sections goes where the list does."""
    return entry.name.partition("[]")[0].rpartition(".")[0]


def _table(rows: list[Entry]) -> str:
    lines = ["| key | default | unit or kind | what it is |", "|---|---|---|---|"]
    for row in rows:
        default = "required" if row.required else f"`{_written(row.default)}`"
        lines.append(f"| `{row.name}` | {default} | {_cell(row.unit)} | {_cell(row.about)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _written(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default).replace('"', "")


def _plain(schema: Any) -> Any:
    """Without the titles that pydantic makes out of names, and our own notes."""
    if isinstance(schema, list):
        return [_plain(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    # A key that is called title or unit would hold a schema, not a text.
    noise = {name for name in ("title", "unit") if isinstance(schema.get(name), str)}
    return {name: _plain(value) for name, value in schema.items() if name not in noise}
