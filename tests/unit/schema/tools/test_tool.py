import inspect

import pytest

from verdigris.schema.tools.alembic import Alembic
from verdigris.schema.tools.command import Command
from verdigris.schema.tools.django import Django
from verdigris.schema.tools.scripts import Scripts
from verdigris.schema.tools.tool import PATIENCE, Patience, Step, Tool


@pytest.mark.parametrize("tool", [Alembic, Django, Command, Scripts])
@pytest.mark.parametrize("verb", ["pending", "run"])
def test_every_tool_is_asked_in_the_same_words(tool, verb):
    assert inspect.signature(getattr(Tool, verb)) == inspect.signature(getattr(tool, verb))


def test_a_lock_is_waited_for_shortly_unless_somebody_knows_better():
    assert Patience(lock_timeout=0.1, retry_for=600, within=3600) == PATIENCE


def test_a_step_declares_nothing_by_itself():
    step = Step("a")
    assert (None, False, (), (), False) == (step.declared, step.alone, step.advice, step.twins, step.applied)
