"""Ctrl-C and SIGTERM: one line and an exit code of their own, whenever they come.

While the program starts and while it ends there is nothing to put in order, and much that would
turn an exception into another one or print it (extension modules that are being imported,
Python's own shutdown): the process ends where it is. In between, a KeyboardInterrupt unwinds what
was begun, as it would in any program. It may be swallowed on its way: what came is remembered, and
`Interrupts.require_none` raises it again.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_RESTORED = "\r\x1b[K\x1b[?25h"
"""For a terminal on which a bar may stand: clears its line, shows the cursor."""


class Interrupts:
    """What the signals of this process do.

    Attributes:
        came: the signal that came first, None as long as none did.
    """

    def __init__(self) -> None:
        self.came: int | None = None
        self._unwinds = False
        self._told = False

    def take_over(self) -> None:
        """Handle both signals from now on, but for one that whoever started us had ignored."""
        usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
        for number, handler in usual.items():
            if signal.getsignal(number) is handler:
                signal.signal(number, self._handle)
        sys.excepthook = self._say_unless_interrupted
        sys.unraisablehook = self._say_ignored_unless_interrupted

    def unwind(self, yes: bool) -> None:
        """Say whether the first signal is to unwind, instead of ending the process at once."""
        self._unwinds = yes

    def require_none(self) -> None:
        """Raise KeyboardInterrupt if a signal came: whoever called last may have swallowed it."""
        if self.came is not None:
            raise KeyboardInterrupt

    def told(self) -> tuple[str, int]:
        """Return the word for the signal that came, which is now to be said, and the exit code."""
        self._told = True
        number = self.came or signal.SIGINT
        return _WORDS[signal.Signals(number)], 128 + number

    def exit_at_once(self) -> NoReturn:
        """End the process; say why, if it was not said yet."""
        if not self._told:
            word, _ = self.told()
            restored = _RESTORED if os.isatty(2) else ""
            with suppress(OSError):
                os.write(2, f"{restored}error: {word}\n".encode())
        os._exit(128 + (self.came or signal.SIGINT))

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        again, self.came = self.came is not None, self.came or number
        if again or not self._unwinds:
            self.exit_at_once()
        raise KeyboardInterrupt

    def _say_unless_interrupted(self, kind: type[BaseException], *rest: Any) -> None:
        """Extension modules print what they swallow."""
        if self.came is None:
            sys.__excepthook__(kind, *rest)

    def _say_ignored_unless_interrupted(self, ignored: sys.UnraisableHookArgs) -> None:
        if self.came is None:
            sys.__unraisablehook__(ignored)


def current() -> Interrupts:
    """Return what handles the signals of this process; where none does, one that never came."""
    for number in _WORDS:
        owner = getattr(signal.getsignal(number), "__self__", None)
        if isinstance(owner, Interrupts):
            return owner
    return Interrupts()
