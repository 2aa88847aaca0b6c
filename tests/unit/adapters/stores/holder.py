"""Takes the lease of a directory, says so, and keeps it: in the role, and with the manners, that it is told."""

import signal
import sys
from pathlib import Path

from verdigris.adapters.stores.lease import Lease

state, role, manners = sys.argv[1:]
if manners == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
Lease(Path(state)).acquire(role)
print("mine", flush=True)
signal.pause()
