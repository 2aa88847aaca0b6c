"""References to secrets: what is handed over, and what is missing."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.core.worlds import NEW
from verdigris.adapters.environments.process.references import missing_file, secrets_for

ENV = (("PLAIN", "word"), ("A", "env:HERE"), ("B", "env:NOT_HERE"), ("C", "credential:x"))


def test_only_what_is_referred_to_and_has_a_value_is_handed_over():
    environ = {"HERE": "s3cret", "PLAIN": "another", "OTHER": "nobody asked"}
    assert {"HERE": "s3cret"} == secrets_for(replace(NEW, env=ENV), environ)
    assert {} == secrets_for(NEW, environ)


def test_a_file_that_is_missing_is_named_and_its_content_never(tmp_path):
    path = tmp_path / "password"
    release = replace(NEW, env=(*ENV, ("PASSWORD", f"file:{path}")))
    assert f"PASSWORD is to be read from {path}, which is no file" in missing_file(release)
    path.write_text("s3cret")
    assert "" == missing_file(release)
