"""A file in, settings or a sentence out."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.config import Expected, Row, Settings, load_apps, load_config, parse_config, resolved
from verdigris.config.catalogue import entries
from verdigris.config.reference import example_text
from verdigris.core.errors import ConfigError
from verdigris.core.policy import OnUnknown, Policy, Step

SHORTEST = 'app: api\nrun:\n  command: [serve, "--port", "{port}"]\n'


def settings(more: str = "") -> Settings:
    return parse_config((SHORTEST + more).encode())[0]


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_config(text.encode())
    return str(refused.value)


def test_the_shortest_file_has_the_default_policy():
    assert Policy() == settings().policy


def test_the_design_s_example_is_read_as_meant(tmp_path):
    (tmp_path / "verdigris.yaml").write_text(
        """\
app: api
run:
  build: [["python3", "-m", "venv", ".venv"], [".venv/bin/pip", "install", "-r", "requirements.txt"]]
  command: [".venv/bin/uvicorn", "app:app", "--host", "127.0.0.1", "--port", "{port}"]
  instances: 3
  env: {DATABASE_URL: "env:DATABASE_URL"}
route: {listen: "127.0.0.1:8081", host: API.example.com}
health: {path: /health, timeout: 5s, interval: 10s, healthy: 3, body: {status: healthy, checks: {db: true}}}
router: haproxy
cutover: {strategy: blue-green, ramp: [{to: 10%, for: 5m}, 50%, 95%], drain: 300s}
bake: {for: 15m, holdback: 5%, max_error_rate: 0.5%, max_p99: 250ms}
stabilize: 24h
"""
    )
    found = load_config(tmp_path / "verdigris.yaml")
    assert str(tmp_path) == found.directory
    assert (
        ("python3", "-m", "venv", ".venv"),
        (".venv/bin/pip", "install", "-r", "requirements.txt"),
    ) == found.run.build
    assert (("DATABASE_URL", "env:DATABASE_URL"),) == found.run.env
    assert ("127.0.0.1", 8081, "api.example.com") == (found.route.address, found.route.port, found.route.host)
    assert (Expected(("status",), "healthy"), Expected(("checks", "db"), True)) == found.health.body
    assert (Step(10, 300.0), Step(50, 120.0), Step(95, 0.0)) == found.policy.ramp
    assert (3, 5, 0.005, 0.25) == (
        found.policy.instances,
        found.policy.holdback,
        found.policy.max_error_rate,
        found.policy.max_p99,
    )


def test_words_for_nothing_become_none():
    found = settings()
    nothing = (
        found.run.source,
        found.run.version,
        found.route.host,
        found.router.binary,
        found.alerts.webhook,
    )
    assert (None,) * 5 == nothing


def test_a_status_may_be_a_number_a_range_or_a_list():
    assert [True, False] == [settings().health.passes(status) for status in (200, 204)]
    found = settings('health: {status: [200, "300-302"]}').health
    assert [True, False, True, False] == [found.passes(status) for status in (200, 204, 302, 303)]


def test_a_program_that_reads_port_by_itself_says_so_in_env():
    found = parse_config(b'app: api\nrun: {command: [node, server.js], env: {PORT: "{port}", A: b}}')[0]
    assert (("A", "b"),) == found.run.env


def test_an_ipv6_address_stands_in_brackets():
    route = settings('route: {listen: "[::1]:8080"}').route
    assert ("::1", 8080) == (route.address, route.port)


def test_one_word_decides_what_unknown_becomes_on_both_sides():
    policy = settings("on_unknown: rollback").policy
    assert (OnUnknown.ABORT, OnUnknown.ROLLBACK) == (policy.before_cutover, policy.after_cutover)
    assert Policy() == settings("on_unknown: hold").policy


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("cutover: {rmap: [100%]}", "4:11: cutover.rmap: unknown key, did you mean ramp?"),
        ("bakes: {for: 1m}", "4:1: bakes: unknown key, did you mean bake?"),
        ("drain: 300s", "4:1: drain: unknown key here, did you mean cutover.drain?"),
        ("health: {qq: 1}", "4:10: health.qq: unknown key. Known here: path, grpc, timeout, interval,"),
        ("cutover: {drain: 300}", "4:11: cutover.drain: needs a unit: write 300s instead of 300"),
        (
            "cutover:\n  drain: 5 min",
            "5:3: cutover.drain: must be a duration like 300s, 15m, 24h or 500ms, got '5 min'",
        ),
        ("stabilize: 99d", "4:1: stabilize: must be 0s to 30d, got 99d"),
        ("bake: {for: true}", "4:8: bake.for: must be a duration like 300s, 15m, 24h or 500ms, got true"),
        ("bake: {holdback: 0.5%}", "4:8: bake.holdback: must be whole percent, got '0.5%'"),
        ("cutover: {ramp: [10, 100%]}", "4:18: cutover.ramp[0]: needs a unit: write 10% instead of 10"),
        ("cutover: {ramp: [{to: 1}]}", "4:19: cutover.ramp[0].to: needs a unit: write 1% instead of 1"),
        ("cutover: {ramp: 10%}", "4:11: cutover.ramp: must be a list, got '10%'"),
        ("cutover: {ramp: []}", "4:11: cutover.ramp: must not be empty"),
        ("cutover: {strategy: bluegreen}", "must be blue-green, got 'bluegreen', did you mean blue-green?"),
        ("router: nginx", "4:1: router: must be haproxy, got 'nginx'"),
        (
            "router: {bin: haproxy}",
            "router.bin: must be bundled or a path like /usr/sbin/haproxy, got 'haproxy'",
        ),
        ("rehearse: {samples: true}", "4:12: rehearse.samples: must be a whole number, got true"),
        ('bake: {min_requests: "5"}', "4:8: bake.min_requests: must be a whole number, got '5'"),
        ("bake: {min_requests: 2.5}", "4:8: bake.min_requests: must be a whole number, got 2.5"),
        ("health: {healthy: 0}", "4:10: health.healthy: must be at least 1, got 0"),
        ("health: {healthy: 101}", "4:10: health.healthy: must be at most 100, got 101"),
        ("health: [1]", "4:1: health: must be a mapping of keys, got a list"),
        ("health:", "4:1: health: must be a mapping of keys, got nothing"),
        ("health: {path: health}", "health.path: must be a path that begins with /"),
        ("health: {smoke: [/a, b c]}", "4:22: health.smoke[1]: must be a path that begins with /"),
        ("health: {status: 2xx}", 'health.status: must be a status like 200, a range like "200-299"'),
        ("health: {status: true}", "health.status: must be a status like 200"),
        ("health: {body: [1]}", "health.body: must be a mapping like {status: healthy}, got a list"),
        (
            "health: {body: {a: [1]}}",
            "health.body: can compare texts, numbers, true and false, but a is a list",
        ),
        (
            "route: {listen: 8080}",
            "route.listen: must be an address and a port like 127.0.0.1:8080, in quotes, got 8080",
        ),
        ('route: {listen: ":8080"}', 'route.listen: needs an address: write "0.0.0.0:8080" to be reached'),
        (
            'route: {listen: "localhost:80"}',
            "route.listen: must begin with an IP address, got 'localhost': write 127.0.0.1:80",
        ),
        ('route: {listen: "127.0.0.1:0"}', "route.listen: must end with a port from 1 to 65535, got '0'"),
        ("  instances: 65", "4:3: run.instances: must be at most 64, got 65"),
        ("gate: true", "4:1: gate: must be none or person, got true"),
        (
            "on_unknown: abort",
            "on_unknown: must be hold, rollback, or {before_cutover: abort, after_cutover: hold}",
        ),
        (
            "on_unknown: {after_cutover: abort}",
            "on_unknown.after_cutover: must be hold or rollback, got 'abort'",
        ),
        (
            'alerts: {webhook: "http://x/y"}',
            'alerts.webhook: must be "env:NAME", "file:/path", "credential:NAME" or an https',
        ),
        ("  api_version: 1.0", '4:3: run.api_version: must be a version like "1.0.0": write it in quotes'),
        ("  version: ../../etc", "4:3: run.version: must be auto or a version like"),
        ("  env: {A: 1}", "4:9: run.env.A: must be text: write it in quotes"),
        (
            "  build: [pip install]",
            '4:11: run.build[0]: must be a list, no shell reads it: write ["pip", "install"]',
        ),
        ("  build: [[]]", "4:11: run.build[0]: must be a list of one or more texts"),
    ],
)
def test_a_wrong_key_is_refused_with_its_place_and_the_next_step(more, expected):
    assert expected in refusal(SHORTEST + more + "\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: must hold keys and values. `verdigris init` writes a file"),
        ("[]", "1:1: must hold keys and values"),
        ("app: api", "1:1: run: is missing. How a release is made and started."),
        ("app: api\nrun: {}", "2:1: run.command: is missing. The command that starts one instance"),
        ('run: {command: [x, "{port}"]}', "1:1: app: is missing. The name of the app."),
        ('app: My API\nrun: {command: ["{port}"]}', "1:1: app: must be a name like api"),
        (
            "app: api\nrun: {command: uvicorn a:b}",
            '2:7: run.command: must be a list, no shell reads it: write ["uvicorn", "a:b"]',
        ),
        (
            f'app: {"a" * 41}\nrun: {{command: ["{{port}}"]}}',
            "1:1: app: must be a name like api: a letter, then letters",
        ),
        ("apps: {}", "1:1: apps: must not be empty"),
        ("app: x\napps: {}", "1:1: app: stands beside apps: write it under each app that it is for"),
        ('apps: {B: {run: {command: ["{port}"]}}}', "1:8: apps.B: must be a name like api"),
        (
            'apps: {b: {app: b, run: {command: ["{port}"]}}}',
            "1:12: apps.b.app: unknown key. Known here: run,",
        ),
    ],
)
def test_a_file_without_what_it_needs_is_refused(text, expected):
    assert expected in refusal(text)


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file():
    message = refusal(SHORTEST + "stabilize: 24\nbake: {fr: 1m}\n").splitlines()
    assert ["verdigris.yaml:4:1", "verdigris.yaml:5:8"] == [line.split(": ")[0] for line in message]


def test_a_file_full_of_mistakes_is_cut_short():
    message = refusal(SHORTEST + "".join(f"key{number}: 1\n" for number in range(50)))
    assert 11 == len(message.splitlines())
    assert message.endswith("and 40 more")


def test_a_name_in_a_message_cannot_drive_a_terminal():
    assert "\x1b" not in refusal(SHORTEST + '"\\e[31m": 1\n')


def test_several_apps_are_several_settings(tmp_path):
    path = tmp_path / "verdigris.yaml"
    run = 'run: {command: [serve, "{port}"]}'
    path.write_text(
        f'apps:\n  api: {{{run}}}\n  search:\n    {run}\n    route: {{listen: "127.0.0.1:8081"}}\n'
    )
    assert ["api", "search"] == [found.app for found in load_apps(path)]
    assert 8081 == load_config(path, "search").route.port
    with pytest.raises(ConfigError, match=r"has 2 apps \(api, search\). Say which one is meant"):
        load_config(path)
    with pytest.raises(ConfigError, match="has no app 'web'. It has: api, search"):
        load_config(path, "web")


def test_the_place_of_a_mistake_in_one_of_several_apps_is_right():
    text = 'apps:\n  api:\n    run: {command: [serve, "{port}"]}\n    cutover:\n      drain: 3\n'
    assert refusal(text).startswith("verdigris.yaml:5:7: apps.api.cutover.drain: needs a unit")


def test_every_key_is_resolved_once_with_its_origin():
    rows = resolved(settings("bake: {holdback: 5%}\non_unknown: rollback\nrouter: haproxy\n"))
    leaves = [entry.name for entry in entries() if not entry.section and "[]" not in entry.name]
    assert leaves == [row.key for row in rows]
    found = {row.key: row for row in rows}
    assert Row("bake.holdback", "5%", "file") == found["bake.holdback"]
    assert Row("on_unknown.after_cutover", "rollback", "file") == found["on_unknown.after_cutover"]
    assert Row("router.kind", "haproxy", "file") == found["router.kind"]
    assert Row("cutover.ramp", "[95%]", "default") == found["cutover.ramp"]
    assert Row("stabilize", "24h", "default") == found["stabilize"]


def test_importing_the_room_brings_no_heavy_library_in():
    code = "import sys, verdigris.config; print([m for m in ('yaml', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


LINES = example_text().splitlines(keepends=True)


@given(
    st.lists(st.integers(0, len(LINES) - 1), min_size=1, max_size=8),
    st.text("[]{}:,-%&*! \t\n0s9'\"", max_size=8),
)
def test_a_damaged_example_is_read_or_refused_and_nothing_else(numbers, noise):
    damaged = [
        f"{line.rstrip()}{noise}\n" if number in numbers else line for number, line in enumerate(LINES)
    ]
    try:
        parse_config("".join(damaged).encode())
    except ConfigError as refused:
        assert str(refused).startswith("verdigris.yaml:")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["10%", "5s", "none", "env:A", "{port}", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "to", "for", "kind", "path"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from([entry.name for entry in entries() if "[]" not in entry.name])


@given(st.dictionaries(KEYS, ANYTHING, max_size=6))
def test_any_value_at_any_key_is_read_or_refused_and_nothing_else(values):
    document: dict = {"app": "api", "run": {"command": ["serve", "{port}"]}}
    for key, value in values.items():
        *above, last = key.split(".")
        place = document
        for part in above:
            place[part] = place[part] if isinstance(place.get(part), dict) else {}
            place = place[part]
        place[last] = value
    try:
        parse_config(json.dumps(document).encode())
    except ConfigError as refused:
        assert str(refused).startswith("verdigris.yaml:1:")
