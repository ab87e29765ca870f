"""What becomes of an error that ends a thread."""

from __future__ import annotations

import errno
import threading

import pytest

from rilo_reader.tui.shutdown import failing_threads


@pytest.mark.parametrize(("terminal_is_gone", "reported"), [(False, 1), (True, 0)])
def test_an_error_of_a_thread_is_raised_unless_it_is_expected(
    terminal_is_gone: bool, reported: int
) -> None:
    """A write fails where the window was closed, before the system has told of it."""
    errors: list[object] = []

    def write() -> None:
        raise OSError(errno.EIO, "Input/output error")

    with failing_threads(
        lambda _, error: errors.append(error),
        errors.append,
        lambda error: isinstance(error, OSError) and terminal_is_gone,
    ):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(errors) == reported
