"""What becomes of an error that ends a thread."""

from __future__ import annotations

import errno
import threading

import pytest

from rilo_reader.tui import shutdown


@pytest.mark.parametrize(("is_gone", "reported"), [(False, 1), (True, 0)])
def test_an_error_of_a_thread_is_raised_unless_it_is_expected(
    is_gone: bool, reported: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write fails where the window was closed, before the system has told of it."""
    errors: list[object] = []

    def write() -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutdown, "is_terminal_gone", lambda: is_gone)
    with shutdown.end_on_thread_error(lambda _, error: errors.append(error), errors.append):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(errors) == reported
