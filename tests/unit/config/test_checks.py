import pytest

from verdigris.config import parse_config
from verdigris.core.errors import ConfigError

SHORTEST = 'app: api\nrun:\n  command: [serve, "--port", "{port}"]\n'
SECRET = "hunter2hunter2"


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_config(text.encode())
    return str(refused.value)


def with_variable(name: str, value: str) -> str:
    return f'{SHORTEST}  env: {{"{name}": "{value}"}}\n'


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("[uvicorn, app:app]", 'write "--port", "{port}" or the like, or env: {PORT: "{port}"}'),
        ("[uvicorn, --port, $PORT]", "(instead of '$PORT')"),
        ('[uvicorn, --port, "{PORT}"]', "(instead of '{PORT}')"),
    ],
)
def test_a_command_without_port_is_refused_with_the_way_to_write_it(command, hint):
    message = refusal(f"app: api\nrun:\n  command: {command}\n")
    assert message.startswith("verdigris.yaml:3:3: run.command: {port} is missing")
    assert hint in message


def test_port_may_stand_in_a_variable():
    assert parse_config(b'app: api\nrun: {command: [serve], env: {ADDRESS: "127.0.0.1:{port}"}}')


def test_the_placeholder_of_init_is_refused():
    message = refusal('app: api\nrun: {command: ["<the program that serves your API>", --port, "{port}"]}')
    assert "run.command: is still the placeholder of `verdigris init`" in message


@pytest.mark.parametrize(
    "name",
    [
        "PORT",
        "ENVIRONMENT_NAME",
        "API_VERSION",
        "VERDIGRIS_SLOT",
        "LD_PRELOAD",
        "LISTEN_FDS",
        "NOTIFY_SOCKET",
    ],
)
def test_a_variable_that_is_not_for_the_file_to_set_is_refused(name):
    assert f"4:9: run.env.{name}: is set by verdigris or the system itself" in refusal(
        with_variable(name, "x")
    )


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("BASH_ENV", "x", "changes which code runs and is refused; set it in a wrapper script"),
        ("DYLD_INSERT_LIBRARIES", "x", "changes which code runs and is refused; set it in a wrapper script"),
        ("PYTHONPATH", "env:THEIRS", "says where code is found; write its value, not a reference"),
    ],
)
def test_what_no_instance_could_be_started_with_is_refused_before_it_is_built(name, value, why):
    assert f"4:9: run.env.{name}: {why}" in refusal(with_variable(name, value))


@pytest.mark.parametrize("name", ["1A", "A-B", "A B", "", "Ä"])
def test_a_variable_has_a_name_that_a_shell_would_take(name):
    assert "must be named with letters, digits and _" in refusal(with_variable(name, "x"))


@pytest.mark.parametrize(
    "name", ["PASSWORD", "db_password", "API_TOKEN", "SECRET_KEY", "AWS_SECRET", "API_KEYS"]
)
def test_a_secret_in_the_file_is_refused_without_repeating_it(name):
    message = refusal(with_variable(name, SECRET))
    assert (
        f"run.env.{name}: seems to be a secret, which does not belong in a file: export it and write env:{name}"
        in message
    )
    assert SECRET not in message


def test_a_url_with_a_password_is_refused_without_repeating_it():
    message = refusal(with_variable("DATABASE_URL", f"postgres://me:{SECRET}@db/api"))
    assert "run.env.DATABASE_URL: is a URL with a password or a token" in message
    assert SECRET not in message


@pytest.mark.parametrize("value", ["env:API_KEY", "file:/run/secrets/key", "credential:api.key", ""])
def test_a_secret_by_reference_is_fine(value):
    assert parse_config(with_variable("API_KEY", value).encode())


@pytest.mark.parametrize("name", ["LOG_LEVEL", "KEYBOARD", "TOKEN_TTL", "MONKEY"])
def test_a_plain_value_is_fine(name):
    assert parse_config(with_variable(name, "value").encode())


@pytest.mark.parametrize("value", ["env:", "env:1A", "file:relative", "credential:a/b"])
def test_half_a_reference_is_refused(value):
    assert "is no reference: write env:NAME, file:/path or credential:NAME" in refusal(
        with_variable("A", value)
    )


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{SECRET}@alerts.example.com/x",
        f"https://alerts.example.com/x?token={SECRET}",
        "https://hooks.slack.com/services/T00000000/B00000000/aBcD1234aBcD1234aBcD1234",
        "https://[",
    ],
)
def test_a_webhook_with_a_secret_is_refused_without_repeating_it(url):
    message = refusal(f'{SHORTEST}alerts: {{webhook: "{url}"}}\n')
    assert "4:10: alerts.webhook: " in message
    assert url not in message and SECRET not in message


def test_a_webhook_without_a_secret_is_fine():
    found = parse_config(f'{SHORTEST}alerts: {{webhook: "https://alerts.example.com/verdigris"}}\n'.encode())
    assert "https://alerts.example.com/verdigris" == found[0].alerts.webhook


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "cutover: {ramp: [50%, 10%, 100%]}",
            "4:23: cutover.ramp[1]: must grow from step to step, got 50% and then 10%",
        ),
        ("cutover: {ramp: [10%, 10%, 100%]}", "4:23: cutover.ramp[1]: must grow from step to step"),
        (
            "cutover: {ramp: [10%]}",
            "4:11: cutover.ramp: must end at 100% (100% less bake.holdback, 0%), got 10%",
        ),
        ("bake: {holdback: 5%}\ncutover: {ramp: [100%]}", "5:11: cutover.ramp: must end at 95%"),
        ("cutover: {ramp: [{to: 100%, for: 1m}]}", "cutover.ramp[0].for: has no meaning on the last step"),
        ("  surge: 3", "4:3: run.surge: must be at most run.instances (2), got 3"),
        (
            "route: {strip: true}",
            "4:9: route.strip: takes off route.path, which is /: name a longer path, or say false",
        ),
        (
            "route: {proxy_protocol: true}",
            "4:9: route.proxy_protocol: needs route.trust, the networks of the proxies whose header is believed",
        ),
        (
            'route: {tls: {listen: "0.0.0.0:443"}}',
            "4:9: route.tls.certificate: is missing: name the PEM file that clients are shown at 0.0.0.0:443",
        ),
        (
            "route: {tls: {redirect: true}}",
            "4:15: route.tls.redirect: has no meaning without route.tls.listen",
        ),
        ("route: {tls: {certificate: a.pem}}", "4:15: route.tls.certificate: has no meaning without"),
        ("route: {tls: {key: a.key}}", "4:15: route.tls.key: has no meaning without"),
        (
            'route: {listen: "0.0.0.0:443", tls: {listen: "0.0.0.0:443", certificate: a.pem}}',
            "4:38: route.tls.listen: must be an address of its own, but is route.listen of api (line 4)",
        ),
        (
            "route: {cohort: {allow: [ada]}}",
            "4:18: route.cohort.allow: needs route.cohort.by, which says how a user is told: write header:NAME",
        ),
        ("route: {cohort: {assign: true, deny: [ada]}}", "4:32: route.cohort.deny: needs route.cohort.by"),
        (
            "route: {cohort: {by: header:X-User, allow: [ada, bob], deny: [eve, ada]}}",
            "4:68: route.cohort.deny[1]: is in route.cohort.allow too: take the user out of one of the two",
        ),
        (
            "health: {grpc: true}",
            "4:10: health.grpc: needs route.http2: true, so that the router speaks HTTP/2 with the app",
        ),
        (
            "route: {http2: true}\nhealth: {grpc: true, path: /ready}",
            "5:22: health.path: has no meaning with health.grpc, which asks by gRPC alone",
        ),
        (
            "route: {http2: true, max_body: 1MiB}\nhealth: {grpc: true}",
            "4:22: route.max_body: would refuse every gRPC call, none of which says its length",
        ),
        ("route: {http2: true}\nhealth: {grpc: a.B, body: {status: ok}}", "health.body: has no meaning with"),
        ("health: {timeout: 20s}", "4:10: health.timeout: must be at most health.interval (10s), got 20s"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(more, expected):
    assert expected in refusal(SHORTEST + more + "\n")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("bake: {replay: 5, holdback: 5%}", "4:8: bake.replay: has no meaning with bake.holdback"),
        (
            "bake: {replay: 5}\nhealth: {grpc: true}\nroute: {http2: true}",
            "4:8: bake.replay: has no meaning with health.grpc: a call is a POST",
        ),
        ("bake: {replay: 51}", "bake.replay: must be at most 50"),
    ],
)
def test_requests_are_replayed_only_where_that_compares_something(more, sentence):
    assert sentence in refusal(f"{SHORTEST}{more}\n")


def test_they_are_replayed_where_all_traffic_moves():
    (settings,) = parse_config(f"{SHORTEST}bake: {{replay: 5}}\ncutover: {{ramp: [10%, 100%]}}\n".encode())
    assert 5 == settings.policy.replay
