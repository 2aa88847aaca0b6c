"""What is typed for both verbs says the same as verdigris.yaml."""

from typing import get_args, get_type_hints

from verdigris.cli.schema.typed import Hazards, Shapes
from verdigris.config.schema import Schema


def test_the_words_are_those_of_the_file():
    hints = get_type_hints(Schema)
    assert (tuple(Shapes), tuple(Hazards)) == (get_args(hints["shapes"]), get_args(hints["hazards"]))
