"""Reading the terminal so that no byte ends the reader, and no failure of it ends in silence.

A workaround for Textual 8.2.8, whose driver decodes input as strict UTF-8 and ends the app with
exit code 0 where reading fails. It can go once Textual decodes with `errors="replace"` and passes
the error on: tests/terminal/test_input.py passes without this file then.
"""

from __future__ import annotations

import codecs
from functools import partial

from textual.driver import Driver


def forgiving_driver() -> type[Driver] | None:
    """The driver that reads a byte which is no UTF-8 as U+FFFD; None where Textual's own does."""
    try:
        from textual.drivers import linux_driver
    except ImportError:  # Windows, whose driver gets characters and not bytes
        return None

    class ForgivingDriver(linux_driver.LinuxDriver):
        """Hands the app what made reading fail, so that it ends as at any other error."""

        def run_input_thread(self) -> None:
            """Read until told to stop."""
            try:
                super().run_input_thread()
            except Exception as error:
                self._app.call_later(_raise, error)

    # The name by which the driver makes its decoder, which it offers no other way to choose.
    vars(linux_driver)["getincrementaldecoder"] = _replacing
    return ForgivingDriver


def _replacing(encoding: str) -> partial[codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), "replace")


def _raise(error: Exception) -> None:
    raise error
