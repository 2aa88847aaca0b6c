import json
import re
import subprocess
import sys
from pathlib import Path

from verdigris.config import parse_config
from verdigris.config.catalogue import entries
from verdigris.config.loader import parse
from verdigris.config.reference import example_text, reference_text, schema_text

ROOT = Path(__file__).parents[3]
SHORTEST = (
    b'app: api\nrun: {command: [".venv/bin/uvicorn", "app:app", "--host", "127.0.0.1", "--port", "{port}"]}\n'
)


def test_the_example_loads_to_exactly_the_defaults():
    assert parse_config(SHORTEST) == parse_config(example_text().encode())


def test_the_example_names_every_key_and_no_other():
    places = parse(example_text().encode()).places
    named = {
        ".".join(map(str, key)) for key in places if key and not any(isinstance(part, int) for part in key)
    }
    assert {entry.name for entry in entries() if "[]" not in entry.name} == named


def test_the_example_names_every_unit_and_the_reference_every_key():
    assert [] == [
        entry.name for entry in entries() if not entry.section and f"`{entry.name}`" not in reference_text()
    ]
    assert [] == [entry.name for entry in entries() if not entry.about]
    assert [] == [entry.name for entry in entries() if not entry.section and not entry.unit]


def test_every_key_of_the_example_has_a_comment_or_a_section_that_has_one():
    lines = example_text().splitlines()
    silent = [line for line in lines if re.match(r"\s+[a-z_0-9]+:", line) and "#" not in line]
    assert ["  kind: haproxy", "  timeouts:"] == silent


def test_the_schema_takes_every_default():
    definitions = json.loads(schema_text())["$defs"]
    texts = [
        (name, key, schema)
        for name, definition in definitions.items()
        for model in [definition.get("anyOf", [definition])[-1]]
        for key, schema in model.get("properties", {}).items()
        if "pattern" in schema and "default" in schema
    ]
    assert len(texts) > 20
    assert [] == [
        (name, key) for name, key, schema in texts if not re.search(schema["pattern"], schema["default"])
    ]


def test_the_pages_in_docs_are_what_the_models_say():
    script = [sys.executable, ROOT / "scripts" / "write_reference.py", "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
