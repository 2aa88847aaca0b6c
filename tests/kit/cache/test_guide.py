"""What the guide shows does what it says: the old release, the new one, and again the old one, over a real Redis."""

import os
import subprocess
import sys

import pytest

from tests.docs.pages import DOCS, read
from tests.docs.running import blocks

FILES = {block.how: block.text for block in blocks(read(DOCS / "guides" / "cache.md"))}


@pytest.mark.parametrize("order", [["old.py", "new.py", "old.py"], ["hot.py"]], ids=lambda order: order[0])
def test_the_examples_of_the_guide_do_what_they_say(order, tmp_path, redis):
    for name in order:
        (tmp_path / name).write_text(FILES[name])
        done = subprocess.run(
            [sys.executable, name],
            cwd=tmp_path,
            env={**os.environ, "REDIS_URL": redis.url, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr)
