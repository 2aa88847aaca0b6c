"""The keys that say where it is counted what users get: one source, whole, and without a secret in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.config import PrometheusSettings, SignalSettings, parse_config
from verdigris.config.signals import Prometheus, Signals
from verdigris.core.errors import ConfigError

APP = 'app: api\nrun: {command: ["{port}"]}\n'
WHOLE = "url: 'http://127.0.0.1:9090', good: 'a{s=\"{slot}\"}', bad: 'b{s=\"{slot}\"}'"
SECRET = "hunter2hunter2"


def settings(text):
    return parse_config(f"{APP}signals: {{{text}}}\n".encode(), directory="/srv/api")[0]


def refusal(text):
    with pytest.raises(ConfigError) as refused:
        settings(text)
    return str(refused.value)


@pytest.mark.parametrize("section", [Prometheus, Signals])
def test_nothing_has_to_be_said(section):
    assert section.model_validate({}) == section()


def test_nobody_counts_unless_somebody_is_named():
    assert settings("").signals is None
    assert settings("every: 2s").signals is None


def test_prometheus_is_two_queries():
    found = settings(f"prometheus: {{{WHOLE}, token: 'env:TOKEN'}}, every: 2s, stale_after: 1m")
    asked = PrometheusSettings("http://127.0.0.1:9090", 'a{s="{slot}"}', 'b{s="{slot}"}', "env:TOKEN")
    assert SignalSettings(prometheus=asked, every=2.0) == found.signals
    assert 60.0 == found.policy.outcomes_within


def test_a_file_is_looked_for_from_where_the_configuration_stands():
    assert SignalSettings(file=Path("/srv/api/counts.jsonl")) == settings("file: counts.jsonl").signals
    assert Path("/run/counts") == settings("file: /run/counts").signals.file


def test_a_command_is_a_list():
    assert (
        SignalSettings(command=("./counts", "{slot}")) == settings('command: ["./counts", "{slot}"]').signals
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "command: './counts {slot}'",
            'signals.command: must be a list, no shell reads it: write ["./counts", "{slot}"]',
        ),
        ("command: [./counts]", "signals.command: has no {slot}, so that both slots would be counted alike"),
        ("file: a, command: ['./b', '{slot}']", "signals: has file and command, and one source is asked"),
        (f"file: a, prometheus: {{{WHOLE}}}", "signals: has prometheus and file, and one source is asked"),
        ("prometheus: {url: 'http://a'}", "signals.prometheus.good: is missing: write a query for a counter"),
        ("prometheus: {token: 'env:T'}", "signals.prometheus.url: is missing: write where Prometheus is"),
        (f"prometheus: {{{WHOLE.replace('{slot}', 'blue', 1)}}}", "signals.prometheus.good: has no {slot}"),
        (f"prometheus: {{{WHOLE.replace('b{', 'a{')}}}", "signals.prometheus.bad: is the same as good"),
        ("prometheus: {good: ' '}", "signals.prometheus.good: must be a query of at most 2000 characters"),
        (f"prometheus: {{good: {'x' * 2001}}}", "must be a query of at most 2000 characters"),
        ("prometheus: {url: 'ftp://a'}", "signals.prometheus.url: must be an http or https URL like"),
        ("prometheus: {url: 'http://[::1'}", "must be an http or https URL like"),
        ("prometheus: {url: 'http://a:99999'}", "must be an http or https URL like"),
        ("prometheus: {url: 'http://a/ b'}", "must be an http or https URL without spaces"),
        ("file: a, every: 20s", "signals.stale_after: must be at least twice signals.every (20s), got 30s"),
        ("every: 5", "signals.every"),
        ("influx: {}", "signals.influx"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(text, said):
    assert said in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        f"prometheus: {{url: 'https://ada:{SECRET}@prometheus'}}",
        f"prometheus: {{url: 'https://prometheus/?token={SECRET}'}}",
        f"prometheus: {{token: '{SECRET}'}}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(text):
    said = refusal(text)
    assert SECRET not in said
    assert "signals.prometheus." in said
