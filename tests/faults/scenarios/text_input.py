"""The very functions that read what comes in and write what goes out, with the worst of it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import calling, tried_by
from tests.unit.adapters.environments.process import test_source
from tests.unit.adapters.environments.process.workshop import Workshop
from tests.unit.adapters.notifiers import test_addresses, test_webhook
from tests.unit.adapters.signals import test_sample
from tests.unit.cli.show import test_screens
from tests.unit.config import test_checks, test_load, test_loader
from tests.unit.keeper import test_protocol
from tests.unit.scripts import test_repository
from tests.waiting import eventually
from verdigris.adapters.environments.words import shown
from verdigris.cli.show.ink import clean
from verdigris.config import parse_config
from verdigris.config.loader import LOADER
from verdigris.core.errors import ConfigError

row = tried_by("text")

LONG = 'app: "{app}"\nrun: {{command: [serve, "{{port}}"]{more}}}\n'


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as complaint:
        parse_config(text.encode("utf-8", "surrogateescape"))
    return str(complaint.value)


# --- the router's lines --------------------------------------------------------------------------------------


@row("F-63")
def lines_of_requests_that_would_change_something(ground: Ground) -> None:
    for method in (b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT", b"get", b"GET /a\r\nPOST"):
        test_sample.test_what_changes_something_or_is_nobodys_or_was_not_written_whole_is_never_asked_again(
            {"asked": method + b" /orders"}
        )


# --- the configuration ----------------------------------------------------------------------------------------


@row("F-97")
def bombs_and_torn_files(ground: Ground) -> None:
    test_loader.test_an_alias_bomb_is_refused_at_its_first_anchor(LOADER)
    for opening in (b"[", b"{", b"- ", b"a: {"):
        test_loader.test_a_hundred_kilobytes_of_openings_are_a_clean_error(LOADER, opening)
    test_loader.test_fifty_megabytes_are_refused_unread(ground.place)
    test_loader.test_a_byte_order_mark_is_tolerated(LOADER)
    for data, place, sentence in (
        (b"a: 1\nb: 2\na: 3\n", "3:1", "a: stands here twice, first at line 1"),
        (b"a: b\x00\n", "1:5", "holds the control character U+0000"),
        (b"- " * 33, "1:65", "is nested more than 32 deep"),
        (b"a: !!python/object/apply:os.system [id]\n", "1:4", "is not read"),
    ):
        test_loader.test_what_a_configuration_never_needs_is_refused_with_its_place(
            LOADER, data, place, sentence
        )


@row("F-98")
def names_with_signs_of_a_shell(ground: Ground) -> None:
    for name in ("a;b", "$(id)", "`id`", "a b", "a|b", "A", "-rf", "../x", "x" * 64, ""):
        assert "app: must be" in refused(LONG.format(app=name, more="")), name
    for name in ("A-B", "A B", "A;B", "$A"):
        test_checks.test_a_variable_has_a_name_that_a_shell_would_take(name)
    assert "no shell reads it" in refused('app: api\nrun: {command: "serve {port}; rm -rf /"}\n')


@row("F-99")
def paths_that_lead_out(ground: Ground) -> None:
    for number, target in enumerate(("../outside", "/etc/passwd", "a/../../outside")):
        workshop = Workshop(ground.beside(f"shop{number}").place)
        test_source.test_a_link_that_leads_out_of_the_source_is_refused(workshop, target)
    for version in ("../v1", "/v1", ".", "a/b", "v1\n", ""):
        with pytest.raises(ConfigError):
            Workshop(ground.beside(f"release{abs(hash(version))}").place).make(version=version)


row("F-100")(calling(test_checks.test_a_variable_that_is_not_for_the_file_to_set_is_refused, "LD_PRELOAD"))


@row("F-100")
def what_an_instance_may_not_be_given_is_refused_by_the_file(ground: Ground) -> None:
    """Every variable that the keeper refuses, before anything is built or started."""
    for name in (
        "BASH_ENV",
        "PYTHONSTARTUP",
        "GCONV_PATH",
        "GLIBC_TUNABLES",
        "IFS",
        "DYLD_LIBRARY_PATH",
        "LD_AUDIT",
    ):
        assert f"run.env.{name}: " in refused(test_checks.with_variable(name, "x")), name
    for name in ("PATH", "PYTHONPATH", "NODE_OPTIONS"):
        assert f"run.env.{name}: " in refused(test_checks.with_variable(name, "env:FROM_OUTSIDE")), name


# --- addresses ------------------------------------------------------------------------------------------------

WRITTEN = ("169.254.169.254", "[::ffff:a9fe:a9fe]", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376")
"""One address of a cloud's credentials, as people write it who do not want it to be seen."""


@row("F-102")
async def a_webhook_that_leads_to_the_machines_credentials(ground: Ground) -> None:
    """However it is written, or if a name only resolves to it: refused by us, or no address for anybody."""
    for address in ("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "0.0.0.0"):
        test_addresses.test_is_never_connected_to(address)
    for host in WRITTEN:
        complaint = await hooked(f"http://{host}:9/")
        assert "link-local or metadata" in complaint or "InvalidUrl" in complaint, (host, complaint)
    found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 9))
    ground.patch.setattr(socket, "getaddrinfo", lambda *_, **__: [found])
    assert "link-local or metadata" in await hooked("http://rebinding.example.com:9/")


async def hooked(url: str) -> str:
    """What becomes of an alert for this address, as it is told."""
    failures: list[str] = []
    async with test_webhook.hook(url, failures, within=1.0) as webhook:
        await webhook.notify(test_webhook.ALERT)
        await eventually(lambda: failures, "the refusal", 5.0)
    return failures[0]


row("F-102")(calling(test_addresses.test_the_checked_address_is_the_one_that_gets_the_socket))


# --- secrets --------------------------------------------------------------------------------------------------

SECRET = "canary-3f9a2c"


@row("F-107")
async def a_secret_in_an_input_is_in_no_message(ground: Ground) -> None:
    """Secrets at wrong places of a file, requests that cannot be, hooks that fail: nothing repeats what it got."""
    for text in (
        test_checks.with_variable("API_TOKEN", SECRET),
        test_checks.with_variable("DATABASE", f"postgresql://app:{SECRET}@db/app"),
        f"app: api\nrun: {{command: [serve, '{{port}}']}}\nnotify: {{webhook: 'https://hooks.example.com/{SECRET}'}}\n",
    ):
        assert SECRET not in refused(text)
    assert SECRET not in await hooked(f"http://127.0.0.1:9/{SECRET}")
    test_protocol.test_a_refusal_never_repeats_a_value()


# --- what is shown --------------------------------------------------------------------------------------------


@row("F-108")
def output_that_drives_terminals(ground: Ground) -> None:
    test_screens.test_text_of_an_application_cannot_move_the_cursor()
    for words in ("\x1b[2J\x1b[H", "a\r\nb", "\x9b31m", "\u202egnp.exe", "\x07", "\x1b]0;mine\x07"):
        assert shown(words).isprintable() and clean(words).isprintable(), words
    test_load.test_a_name_in_a_message_cannot_drive_a_terminal()


@row("F-114")
def every_dependency_is_pinned_by_its_content(ground: Ground) -> None:
    for lock in test_repository.LOCKS:
        test_repository.test_a_lock_pins_hashes_and_names_no_address(lock)
    test_repository.test_the_small_locks_are_parts_of_the_large_one()


@row("F-114")
def no_module_is_named_by_a_configuration(ground: Ground) -> None:
    """Nothing in the source imports what a text says."""
    source = Path(test_repository.ROOT / "src")
    told = [path for path in source.rglob("*.py") if "import_module(" in path.read_text()]
    named = {path.name for path in told if "testing" not in path.parts}
    # Each of them by names that stand in the source: verbs, and the two parsers and the client of an extra.
    assert {"verbs.py", "libraries.py", "mariadb.py"} == named, told


@row("F-115")
async def a_receiver_of_alerts_hangs(ground: Ground) -> None:
    for test in (
        test_webhook.test_a_receiver_that_hangs_holds_nobody_up,
        test_webhook.test_tries_are_bounded_and_the_failure_is_told_once,
    ):
        receiver = await a_receiver(ground)
        await test(receiver, [])


async def a_receiver(ground: Ground) -> test_webhook.Receiver:

    made = test_webhook.Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    ground.stack.callback(server.close)
    return made
