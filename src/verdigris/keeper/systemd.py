"""The units that `up --install` writes: one for the keeper, one for the controller.

Stopping or restarting the keeper's unit ends the keeper alone; router and instances stay in its control group and
the next keeper takes them up. Stopping the controller stops nothing else. Pure text; nothing is installed here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["unit_names", "units"]

KEEPER = """\
[Unit]
Description=verdigris keeper of {state}
After=network.target
StartLimitIntervalSec=0

[Service]
User={user}
ExecStart={python} -m verdigris.keeper --state {state}
Restart=always
RestartSec=1
# Router and instances outlive the keeper: only the keeper itself is stopped, and the death of one
# process by lack of memory does not take the others along.
KillMode=process
OOMPolicy=continue
LimitNOFILE=1048576
UMask=0022
{hardening}
[Install]
WantedBy=multi-user.target
"""

CONTROLLER = """\
[Unit]
Description=verdigris controller of {state}
Requires={keeper}
After={keeper}
StartLimitIntervalSec=0

[Service]
User={user}
WorkingDirectory={home}
ExecStart={python} -m verdigris --config {config} --state {state} up
Restart=always
RestartSec=1
UMask=0077
{hardening}
[Install]
WantedBy=multi-user.target
"""

# Not PrivateTmp: the directory would go with a stopped keeper, under instances that run on.
# Not MemoryDenyWriteExecute, RestrictNamespaces, ProtectHome: the instances inherit all of this.
HARDENING = """\
NoNewPrivileges=yes
ProtectSystem=full
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
"""


def unit_names(state: Path) -> tuple[str, str]:
    """The names of the keeper's and the controller's unit; two state directories never share one."""
    short = hashlib.sha256(str(state).encode()).hexdigest()[:8]
    return f"verdigris-keeper-{short}.service", f"verdigris-controller-{short}.service"


def units(state: Path, config: Path, python: str, user: str) -> dict[str, str]:
    """Name and text of both units. Paths are absolute; ValueError when a value cannot stand in a unit."""
    keeper, controller = unit_names(state)
    words = {
        "state": _word(str(state)),
        "config": _word(str(config)),
        "python": _word(python),
        "user": _word(user),
        "home": str(state.parent).replace("%", "%%"),
        "keeper": keeper,
        "hardening": HARDENING,
    }
    return {keeper: KEEPER.format(**words), controller: CONTROLLER.format(**words)}


def _word(text: str) -> str:
    """One word of a unit's line: % and $ are systemd's own, blanks and quotes are quoted."""
    if any(ord(c) < 32 for c in text):
        raise ValueError(
            f"{text!r} holds a control character and cannot stand in a unit; choose another path"
        )
    plain = text.replace("%", "%%").replace("$", "$$")
    if not set(plain) & set(" \"'\\;"):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
