"""Ships three versions of the orders API on this machine, under load, and tells what happened.

1.0.0 is the first one. 2.0.0 is good: it has to take over without a single failed request. 3.0.0 fails a fifth of
its requests: it has to be taken back without anybody watching. Exit code 0 means that both came true. Everything
lives in a temporary directory and is removed in the end. In between it shows what verdigris-kit did in each slot.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from demo_kit import ask, rehearsed, sentences
from demo_streams import Follower, streamed
from demo_webhooks import Provider
from load import Call, LoadProcess, Plan, Result
from verdigris_kit.webhooks import new_secret

HERE = Path(__file__).parent
VERDIGRIS = (sys.executable, "-m", "verdigris")
RATE = 200.0
FOLLOWERS = 5
ROLLED_BACK = 10
ORDER = {"item": "verdigris", "quantity": 1}

CONFIG = """\
app: orders
run:
  source: .
  command: ["{uvicorn}", --factory, "app:make", --host, 127.0.0.1, --port, "{{port}}", --no-access-log,
            --timeout-keep-alive, "75", --timeout-graceful-shutdown, "10"]
  instances: 2
  env:
    ORDERS_DB: "{database}"
    SESSION_KEYS: "env:SESSION_KEYS"
    WEBHOOK_URL: "{provider}"
    WEBHOOK_SECRET: "env:WEBHOOK_SECRET"
    PAYMENTS_SECRET: "env:PAYMENTS_SECRET"
    PUBLIC_URL: "http://127.0.0.1:{port}"
  api_version: "{version}"
route: {{listen: "127.0.0.1:{port}"}}
health: {{path: /health, timeout: 1s, interval: 1s, healthy: 3, unhealthy: 2, body: {{status: healthy}}}}
cutover: {{ramp: [{{to: 10%, for: 3s}}, {{to: 50%, for: 3s}}, {{to: 100%}}], drain: 20s, drain_long_lived: 5s}}
bake: {{for: 6s}}
judge: {{grace: 1s}}
stabilize: 30s
"""


def main() -> int:
    """Run the demo; 0 only if the good switch cost nothing and the bad version was taken back."""
    with tempfile.TemporaryDirectory(prefix="verdigris-demo-") as place:
        demo = Demo(Path(place))
        try:
            outcome = demo.run()
        finally:
            demo.verdigris("teardown", "--all", "--yes")
            demo.provider.stop()
    return verdict(*outcome)


class Demo:
    """One directory with an API in it, and what happens to it."""

    def __init__(self, place: Path) -> None:
        """Lay the directory out: the API as one would have it, and a free port for the front door."""
        self.project = place / "orders"
        shutil.copytree(HERE / "orders", self.project, ignore=shutil.ignore_patterns("__pycache__", "*.md"))
        self.database = place / "orders.db"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # Both slots get the same.
        keys = [{"kid": "demo", "secret": secrets.token_hex(32)}]
        shared = {"SESSION_KEYS": json.dumps(keys)}
        shared |= {"WEBHOOK_SECRET": new_secret(), "PAYMENTS_SECRET": new_secret()}
        self.environ = {**os.environ, **shared}
        self.provider = Provider(shared["WEBHOOK_SECRET"], shared["PAYMENTS_SECRET"])

    def run(self) -> tuple[Result, int, Result, int, bool]:
        """The story, what came of the good and of the bad version, and whether the kit did its part."""
        say("1.0.0 is the first release: it is proven before it gets its first request")
        if self.deploy("1.0.0", "good") != 0:
            raise SystemExit("\ndemo: FAILED: 1.0.0 was not deployed")
        ask(f"{self.url}/orders", ORDER)  # the one that the load asks for by its number
        session = ask(f"{self.url}/login", {"name": "ada"})["token"]
        say(
            f"load begins: {RATE:.0f} requests a second, a fifth of them POST, and {FOLLOWERS} follow the orders"
        )
        followers = [Follower(self.url) for _ in range(FOLLOWERS)]
        good, good_code = self.under_load("2.0.0", "good")
        say(f"2.0.0 took over: {good}")
        kit = good_code == 0 and self.show_kit(session, followers)
        bad, bad_code = self.under_load("3.0.0", "fails")
        say(f"3.0.0 was bad: {bad}")
        self.verdigris("status")
        return good, good_code, bad, bad_code, kit

    def under_load(self, version: str, behaviour: str) -> tuple[Result, int]:
        """Deploy while requests come in; what they met, and how the deployment ended."""
        load = LoadProcess(self.plan(), seconds=600.0)
        load.start()
        code = self.deploy(version, behaviour)
        return load.stop(), code

    def show_kit(self, session: str, followers: list[Follower]) -> bool:
        """What the kit did, while the old version is kept as the way back; and whether that was what it is for."""
        print("\nverdigris-kit, as the instances tell it:")
        for sentence in sentences(self.project / ".verdigris"):
            print(f"  {sentence}")
        print(f"  {ask(f'{self.url}/me', bearer=session)['user']} logged in at 1.0.0, and 2.0.0 knows her")
        shown = [self.paid_twice(), rehearsed(self.project / ".verdigris", ORDER), streamed(followers)]
        for _, sentence in shown:
            print(f"  {sentence}", flush=True)
        return all(came_true for came_true, _ in shown)

    def paid_twice(self) -> tuple[bool, str]:
        """Whether a payment that is told twice is counted once, and a sentence."""
        answers = self.provider.pay(times=2)
        counted = ask(f"{self.url}/payments")["payments"]
        said = f"a signed payment came twice, answered {answers[0]} and {answers[1]}, and was counted {counted} time"
        return answers == [204, 204] and counted == 1, said

    def plan(self) -> Plan:
        """What callers ask for."""
        calls = (
            Call("GET", "/orders", share=3),
            Call("GET", "/orders/1", share=1),
            Call("POST", "/orders", json.dumps(ORDER).encode(), share=1),
        )
        return Plan(url=self.url, rate=RATE, calls=calls, connections=32)

    def deploy(self, version: str, behaviour: str) -> int:
        """What a person does: change the code, and deploy it."""
        uvicorn = Path(sys.executable).parent / "uvicorn"
        settings = {"uvicorn": uvicorn, "database": self.database, "version": version, "port": self.port}
        settings |= {"provider": self.provider.url}
        (self.project / "verdigris.yaml").write_text(CONFIG.format_map(settings))
        (self.project / "behaviour.json").write_text(json.dumps({"is": behaviour, "seconds": 2.0}))
        return self.verdigris("deploy", "--version", version)

    def verdigris(self, *words: str) -> int:
        """Run the command line where a person would, its output as it is."""
        print(f"\n$ verdigris {' '.join(words)}", flush=True)
        return subprocess.run(
            [*VERDIGRIS, *words], cwd=self.project, env=self.environ, check=False
        ).returncode


def verdict(good: Result, good_code: int, bad: Result, bad_code: int, kit: bool) -> int:
    """The last line: both numbers."""
    came_true = good_code == 0 and good.failed == 0 and good.requests > 0 and bad_code == ROLLED_BACK and kit
    print(
        f"\ndemo: {'passed' if came_true else 'FAILED'}: 2.0.0 took over with {good.failed} failed of "
        f"{good.requests} requests; 3.0.0 was {'rolled back' if bad_code == ROLLED_BACK else 'NOT rolled back'} "
        f"after {bad.by_version['3.0.0']} of {bad.requests} requests had reached it, {bad.failed} failed"
    )
    return 0 if came_true else 1


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(sentence: str) -> None:
    print(f"\n== {time.strftime('%H:%M:%S')} {sentence}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
