"""Every configuration that a guide shows can be loaded, and what it does is done: on another port, in less time."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import DOCS, read
from tests.docs.running import Reader, shimmed
from tests.ports import free_port
from verdigris.config.load import parse_config

GUIDES = sorted((DOCS / "guides").glob("*.md"))
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLLOWED = [guide for guide in GUIDES if "<!-- run -->" in read(guide) and YAML.search(read(guide))]
SHOP = Path(__file__).with_name("shop.py")

BASE: dict[str, Any] = {
    "run": {"source": ".", "command": ["python3", "api.py", "{port}"], "instances": 1},
    "health": {"interval": "1s", "timeout": "1s", "body": {"status": "healthy"}},
    "bake": {"for": "0s"},
}
SHORTER = {"for: 15m": "for: 5s"}


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        k: merged(base[k], v)
        for k, v in over.items()
        if isinstance(v, dict) and isinstance(base.get(k), dict)
    }
    return base | over | both


def whole(shown: str) -> dict[str, Any]:
    """What a guide shows of a file, with what every file needs besides."""
    part = yaml.safe_load(shown)
    if "apps" in part:
        return {"apps": {app: merged(BASE, service) for app, service in part["apps"].items()}}
    return merged({"app": "shop"} | BASE, part)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_configuration_in_a_guide_can_be_loaded(guide):
    for shown in YAML.findall(read(guide)):
        assert parse_config(json.dumps(whole(shown)).encode()), shown


@pytest.fixture
def reader(tmp_path: Path):
    place = tmp_path / "shop"
    place.mkdir()
    (place / "api.py").write_text(SHOP.read_text())
    reader = Reader(place, shimmed(tmp_path / "bin", sys.executable), {"8080": str(free_port()), **SHORTER})
    yield reader
    reader.output = ""
    reader.follow("<!-- run -->\n```sh\nverdigris teardown --all --yes\n```\n")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("guide", FOLLOWED, ids=lambda guide: guide.stem)
def test_a_guide_does_what_it_says(guide, reader):
    shown = YAML.findall(read(guide))[0]
    for theirs, ours in reader.instead.items():
        shown = shown.replace(theirs, ours)
    (reader.place / "verdigris.yaml").write_text(json.dumps(whole(shown)))
    reader.follow(read(guide))
