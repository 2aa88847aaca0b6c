"""A keeper lives for months: what it held for instances that are gone is gone."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("counting.py")
ROOT = Path(__file__).parents[3]


def test_a_keeper_holds_no_more_after_many_starts_than_after_few(tmp_path):
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(SCRIPT), str(tmp_path), "11", "20"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert 0 == done.returncode, done.stderr
    few, many = map(json.loads, done.stdout.splitlines())
    assert few["verdigris.keeper.keeper.Keeper"] == 1
    assert few == many
