"""SIGTERM, heard before the server hears it: what has to be said to clients is said first, then the server ends."""

import logging
import signal
import threading
from typing import Any, Callable

__all__ = ["Sigterm"]

log = logging.getLogger("verdigris_kit.leaving")


class Sigterm:
    """Our handler around the one that the server had installed. Only the main thread may have one."""

    def __init__(self, heard: Callable[[], None]) -> None:
        """`heard` is called once, within the handler, at the first SIGTERM; later ones change nothing."""
        self._call = heard
        self._heard = self._passes = False
        self._before: Any = None
        self._installed = False

    def install(self) -> bool:
        """Hear from now on. False where this is not the main thread, or a handler of ours is there already."""
        if self._installed or threading.current_thread() is not threading.main_thread():
            return False
        self._before = signal.getsignal(signal.SIGTERM)
        if getattr(self._before, "__name__", "") == "_sighandler_noop":
            # asyncio wakes its loop from C, past every handler: this server cannot be kept from ending.
            log.warning("the server hears SIGTERM through its loop and ends at once. Ask it to drain before.")
            return False
        signal.signal(signal.SIGTERM, self._hear)
        self._installed = True
        return True

    def remove(self) -> None:
        """Give the signal back to whom it belonged."""
        if self._installed and signal.getsignal(signal.SIGTERM) == self._hear:
            signal.signal(signal.SIGTERM, self._before)
        self._installed = False

    @property
    def alone(self) -> bool:
        """Whether nobody was there before: handed over, the signal ends the process on the spot."""
        return bool(self._before == signal.SIG_DFL)

    def go_on(self) -> None:
        """Let the handler that was there before do its work. In the main thread."""
        if callable(self._before):
            self._before(signal.SIGTERM, None)
        elif self._before != signal.SIG_IGN:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.raise_signal(signal.SIGTERM)

    def next_goes_on(self) -> None:
        """Hand the next SIGTERM over, for one who is not in the main thread and sends it to the process itself."""
        self._passes = True

    def _hear(self, number: int, frame: Any) -> None:
        # Once: a supervisor and the group of its processes often say it twice. SIGKILL is the stronger word.
        if self._passes:
            self.go_on()
        elif not self._heard:
            self._heard = True
            self._call()
