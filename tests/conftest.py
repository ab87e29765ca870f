"""Fixtures that several rooms share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.command_line import User

# CI must say the same of the same tree; everywhere else each run looks at new examples. How long
# one takes says more of the machine than of us.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# A shell without job control starts what it puts into the background deaf to Ctrl-C, and so would
# be the programs that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> User:
    """Somebody with a home of their own and an empty library, at a shell without a terminal."""
    if hasattr(os, "nice"):
        # The verbs run in the tests' own process, which could never take its priority back.
        monkeypatch.setattr(os, "nice", lambda _: 0)
    return User(tmp_path, monkeypatch, capsys)
