"""A verdigris.yaml that is wrong: exit code 2, the line, the key, and what to write instead. Nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bad_input.project import Project

RUN = 'run: {command: [server, "{port}"]}'
GOOD = f"app: api\n{RUN}\n"

TEXTS: dict[str, tuple[str, ...]] = {
    "an unknown key": (
        f"{GOOD}stabilise: 1h\n",
        "verdigris.yaml:3:1: stabilise: unknown key, did you mean stabilize?",
    ),
    "an unknown key inside": (
        f"{GOOD}health: {{pth: /up}}\n",
        "verdigris.yaml:3:10: health.pth: unknown key, did you mean path?",
    ),
    "a duplicate key": (
        f"{GOOD}app: shop\n",
        "verdigris.yaml:3:1: app: stands here twice, first at line 1.",
    ),
    "an anchor": (
        'app: api\nrun: &run {command: [server, "{port}"]}\n',
        "verdigris.yaml:2:6: anchors and aliases are not read",
    ),
    "a tag": ("app: !!python/object:os.system api\n", "verdigris.yaml:1:6: the tag", "is not read"),
    "100 KB of [": ("[" * 100_000, "verdigris.yaml:1:", "nest"),
    "seconds without a unit": (
        f"{GOOD}stabilize: 300\n",
        "verdigris.yaml:3:1: stabilize: needs a unit: write 300s instead of 300",
    ),
    "a unit of its own": (
        f"{GOOD}bake: {{for: 15 minutes}}\n",
        "3:8: bake.for: must be a duration like 300s",
        "'15 minutes'",
    ),
    "a share without a unit": (f"{GOOD}bake: {{max_error_rate: 0.5}}\n", "write 0.5% instead of 0.5"),
    "a ramp that falls": (f"{GOOD}cutover: {{ramp: [50%, 10%, 100%]}}\n", "must grow from step to step"),
    "no port": (
        "app: api\nrun: {command: [server, --port, $PORT]}\n",
        "verdigris.yaml:2:7: run.command: {port} is missing",
        "instead of '$PORT'",
    ),
    "no command": ("app: api\nrun: {}\n", "run.command: is missing"),
    "a secret": (
        f"{GOOD[:-2]}, env: {{DB_PASSWORD: hunter2}}}}\n",
        "seems to be a secret",
        "env:DB_PASSWORD",
    ),
    "no reference": (f"{GOOD[:-2]}, env: {{TOKEN: 'env:not a name'}}}}\n", "is no reference: write env:NAME"),
    "an address with brackets": (
        f"{GOOD}route: {{listen: '[127.0.0.1]:80'}}\n",
        "verdigris.yaml:3:9: route.listen: needs brackets around IPv6 only: write 127.0.0.1:80",
    ),
    "a URL for a host": (
        f"{GOOD}route: {{host: 'https://api.example.com'}}\n",
        "route.host: must be a host without scheme and path",
    ),
    "a wildcard in the middle": (
        f"{GOOD}route: {{host: 'api.*.com'}}\n",
        "route.host: must be a host where * stands for the whole first part only, as in *.example.com",
    ),
    "a prefix with a slash at its end": (f"{GOOD}route: {{path: /shop/}}\n", "got '/shop/': write /shop"),
    "nothing to strip": (f"{GOOD}route: {{strip: true}}\n", "route.strip: takes off route.path, which is /"),
    "HTTPS without a certificate": (
        f"{GOOD}route: {{tls: {{listen: '0.0.0.0:443'}}}}\n",
        "verdigris.yaml:3:9: route.tls.certificate: is missing: name the PEM file",
    ),
    "a redirect to nowhere": (
        f"{GOOD}route: {{tls: {{redirect: true}}}}\n",
        "3:15: route.tls.redirect: has no meaning without route.tls.listen",
    ),
    "a TLS that is too old": (
        f"{GOOD}route: {{tls: {{oldest: '1.0'}}}}\n",
        'route.tls.oldest: must be "1.2" or "1.3", got \'1.0\'',
    ),
    "one address for HTTP and HTTPS": (
        f"{GOOD}route: {{listen: '0.0.0.0:443', tls: {{listen: '0.0.0.0:443', certificate: a.pem}}}}\n",
        "route.tls.listen: must be an address of its own, but is route.listen of api (line 3)",
    ),
    "an address for a network": (
        f"{GOOD}route: {{trust: [10.0.0.1/8]}}\n",
        "3:17: route.trust[0]: names an address inside of its network: write 10.0.0.0/8",
    ),
    "a PROXY header that nobody vouches for": (
        f"{GOOD}route: {{proxy_protocol: true}}\n",
        "route.proxy_protocol: needs route.trust, the networks of the proxies",
    ),
    "a size without a unit": (f"{GOOD}route: {{max_body: 10}}\n", "write 10B instead of 10"),
    "HTTP/2 by another word": (
        f"{GOOD}route: {{http2: on}}\n",
        "route.http2: must be true or false, got 'on'",
    ),
    "a header without a kind": (
        f"{GOOD}route: {{cohort: {{by: X-User}}}}\n",
        "write header:X-User or cookie:X-User",
    ),
    "a user on both lists": (
        f"{GOOD}route: {{cohort: {{by: cookie:sid, allow: [ada], deny: [ada]}}}}\n",
        "route.cohort.deny[0]: is in route.cohort.allow too",
    ),
    "a list of users whom nothing tells apart": (
        f"{GOOD}route: {{cohort: {{allow: [ada]}}}}\n",
        "route.cohort.allow: needs route.cohort.by",
    ),
    "a pause without an end": (
        f"{GOOD}route: {{pause: {{longest: 24h}}}}\n",
        "route.pause.longest: must be 100ms to 1h, got 24h",
    ),
    "a maintenance page that is no path": (
        f"{GOOD}route: {{maintenance: {{page: [back, soon]}}}}\n",
        "route.maintenance.page: must be none or a path: write it in quotes",
    ),
    "a host claimed twice": (
        f"apps:\n  api:\n    {RUN}\n  shop:\n    {RUN}\n",
        "verdigris.yaml:4:3: apps.shop.route: any host, path / at 127.0.0.1:8080 belongs to api (line 2) already",
        "give one of them another host, path or listen",
    ),
    "a tab": ("app: api\n\trun: x\n", "verdigris.yaml:2:1: a tab cannot indent YAML. Use spaces."),
    "nothing": ("", "must hold keys and values. `verdigris init` writes a file to begin with"),
    "not UTF-8": ("app: \udcff", "verdigris.yaml:1:6: is not UTF-8"),
    "two documents": (f"{GOOD}---\n{GOOD}", "a second document begins here"),
}


@pytest.mark.parametrize(("text", "parts"), [(t, parts) for t, *parts in TEXTS.values()], ids=TEXTS)
def test_a_wrong_file_is_told_with_its_line(live: Project, text: str, parts: list[str]):
    write(live, text)
    live.run("deploy").says(2, *parts)


def test_a_secret_is_not_repeated_when_it_is_refused(live: Project):
    write(live, TEXTS["a secret"][0])
    assert "hunter2" not in live.run("deploy").said


def test_everything_wrong_is_told_at_once(live: Project):
    write(live, f"{GOOD}stabilise: 1h\nbake: {{for: 15}}\n")
    live.run("plan").says(2, "3:1: stabilise: unknown key", "4:8: bake.for: needs a unit")


def test_a_missing_file_is_told_with_how_to_write_one(project: Project):
    (project.place / "verdigris.yaml").unlink()
    project.run("deploy").says(2, "verdigris.yaml: there is no such file", "verdigris init", "--config")
    project.run("status", "--config", "no/where.yaml").says(2, "no/where.yaml: there is no such file")


def test_a_directory_in_its_place_is_told(project: Project):
    (project.place / "verdigris.yaml").unlink()
    (project.place / "verdigris.yaml").mkdir()
    project.run("deploy").says(2, "verdigris.yaml: is not a file. Name the configuration with --config.")
    (project.place / "verdigris.yaml").rmdir()


def test_a_file_that_cannot_be_read_is_told(project: Project):
    path = project.place / "verdigris.yaml"
    path.unlink()
    path.symlink_to(path.name)  # nobody can read it, not even root
    project.run("deploy").says(2, "verdigris.yaml: cannot be read", "Name a readable file with --config")
    path.unlink()


def test_a_looking_verb_does_not_hang_on_the_file(live: Project):
    write(live, "[" * 100_000)
    live.run("status").says(0, "1.0.0")
    live.run("rollback").says(1, "nothing to roll back")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"source": "nowhere"}, "nowhere is not a directory. Correct the path"),
        ({"source": ".verdigris"}, "is inside of the state directory"),
        ({"source": None}, "is in no readable git repository"),
    ],
)
def test_a_source_that_is_none_is_told(live: Project, changes: dict[str, Any], sentence: str):
    live.configure(run=changes)
    live.run("deploy").says(2, sentence)


def write(project: Project, text: str) -> None:
    (project.place / "verdigris.yaml").write_text(text, errors="surrogateescape")
