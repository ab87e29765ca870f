"""Importing Textual without its command palette, until somebody opens one."""

from __future__ import annotations

import sys
from types import ModuleType

PALETTE = "textual.command"


class _StandIn(ModuleType):
    """Has whatever name somebody imports from it, as a class without anything."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {})
        setattr(self, name, made)
        return made


def import_textual() -> None:
    """Import textual.app, if it is not there yet, as if it had no palette of its own.

    textual.app only names the palette in methods that the reader never calls, but imports it at
    its top, and with it trees, select boxes, option lists and directories: 8 ms of each launch.
    Ours (screens/palette.py) imports the real one when it is opened. A Textual that needs more of
    it at import gets it.
    """
    if "textual.app" in sys.modules or PALETTE in sys.modules:
        return
    sys.modules[PALETTE] = _StandIn(PALETTE)
    try:
        import textual.app
    except (AttributeError, ImportError, TypeError):
        _forget()
        import textual.app  # noqa: F401  # imported for what it leaves behind
    else:
        del sys.modules[PALETTE]


def _forget() -> None:
    """Take back the stand-in, and the modules that may have met it."""
    for name in (PALETTE, "textual.app", "textual.theme"):
        sys.modules.pop(name, None)
