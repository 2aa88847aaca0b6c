"""The scenarios: modules named after the way in which they bring a failure about. Importing them enlists them."""

from importlib import import_module
from pathlib import Path

ALL = [
    import_module(f"{__name__}.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem != "__init__"
]
