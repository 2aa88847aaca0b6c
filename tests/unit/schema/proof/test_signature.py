"""How a statement is put to a server."""

from verdigris.schema.proof.signature import Fault, Signature


def test_only_what_worked_and_names_something_is_tried_elsewhere():
    assert Signature("SELECT 1").tried
    assert not Signature("BEGIN", idle=True).tried
    assert not Signature("DO", reason="only running it would tell").tried
    assert not Signature("SELEC", fault=Fault("42601", "syntax error")).tried
