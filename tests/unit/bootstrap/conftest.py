"""A real house over a directory of its own: nothing runs in it until a test starts something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from verdigris.bootstrap.house import House

MakeHouse = Callable[..., House]

CONFIG = """\
app: orders
run: {{command: [serve, --port, "{{port}}"]}}
route: {{listen: "127.0.0.1:{port}"}}
health: {{path: /health}}
"""


@pytest.fixture
def make_house(tmp_path: Path) -> MakeHouse:
    """A house with `more` at the end of its configuration; its state directory is made and private."""

    def make(more: str = "", port: int = 8080, app: str | None = None) -> House:
        config = tmp_path / "verdigris.yaml"
        config.write_text(CONFIG.format(port=port) + more)
        state = tmp_path / "state"
        state.mkdir(mode=0o700, exist_ok=True)
        return House(config, state, app)

    return make
