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

from demo_kit import ask, sentences
from load import Call, LoadProcess, Plan, Result

HERE = Path(__file__).parent
VERDIGRIS = (sys.executable, "-m", "verdigris")
RATE = 200.0
ROLLED_BACK = 10
ORDER = {"item": "verdigris", "quantity": 1}

CONFIG = """\
app: orders
run:
  source: .
  command: ["{uvicorn}", --factory, "app:make", --host, 127.0.0.1, --port, "{{port}}", --no-access-log,
            --timeout-keep-alive, "75", --timeout-graceful-shutdown, "10"]
  instances: 2
  env: {{ORDERS_DB: "{database}", SESSION_KEYS: "env:SESSION_KEYS"}}
  api_version: "{version}"
route: {{listen: "127.0.0.1:{port}"}}
health: {{path: /health, timeout: 1s, interval: 1s, healthy: 3, unhealthy: 2, body: {{status: healthy}}}}
cutover: {{ramp: [{{to: 10%, for: 3s}}, {{to: 50%, for: 3s}}, {{to: 100%}}], drain: 20s}}
bake: {{for: 6s}}
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
        keys = [{"kid": "demo", "secret": secrets.token_hex(32)}]
        self.environ = {**os.environ, "SESSION_KEYS": json.dumps(keys)}  # both slots get the same

    def run(self) -> tuple[Result, int, Result, int]:
        """The story, and what came of the good and of the bad version."""
        say("1.0.0 is the first release: it is proven before it gets its first request")
        if self.deploy("1.0.0", "good") != 0:
            raise SystemExit("\ndemo: FAILED: 1.0.0 was not deployed")
        ask(f"{self.url}/orders", ORDER)  # the one that the load asks for by its number
        session = ask(f"{self.url}/login", {"name": "ada"})["token"]
        say(f"load begins: {RATE:.0f} requests a second, a fifth of them POST")
        good, good_code = self.under_load("2.0.0", "good")
        say(f"2.0.0 took over: {good}")
        if good_code == 0:
            self.show_kit(session)
        bad, bad_code = self.under_load("3.0.0", "fails")
        say(f"3.0.0 was bad: {bad}")
        self.verdigris("status")
        return good, good_code, bad, bad_code

    def under_load(self, version: str, behaviour: str) -> tuple[Result, int]:
        """Deploy while requests come in; what they met, and how the deployment ended."""
        load = LoadProcess(self.plan(), seconds=600.0)
        load.start()
        code = self.deploy(version, behaviour)
        return load.stop(), code

    def show_kit(self, session: str) -> None:
        """What the kit did, while the old version is kept as the way back."""
        print("\nverdigris-kit, as the instances tell it:")
        for sentence in sentences(self.project / ".verdigris"):
            print(f"  {sentence}")
        print(
            f"  {ask(f'{self.url}/me', bearer=session)['user']} logged in at 1.0.0, and 2.0.0 knows her",
            flush=True,
        )

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
        (self.project / "verdigris.yaml").write_text(CONFIG.format_map(settings))
        (self.project / "behaviour.json").write_text(json.dumps({"is": behaviour, "seconds": 2.0}))
        return self.verdigris("deploy", "--version", version)

    def verdigris(self, *words: str) -> int:
        """Run the command line where a person would, its output as it is."""
        print(f"\n$ verdigris {' '.join(words)}", flush=True)
        return subprocess.run(
            [*VERDIGRIS, *words], cwd=self.project, env=self.environ, check=False
        ).returncode


def verdict(good: Result, good_code: int, bad: Result, bad_code: int) -> int:
    """The last line: both numbers."""
    came_true = good_code == 0 and good.failed == 0 and good.requests > 0 and bad_code == ROLLED_BACK
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
