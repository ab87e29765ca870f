"""Links out of a library: `doctor` lists them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.command_line import User
from tests.support.links import outside

__all__ = ["outside"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")


def test_doctor_lists_links_that_lead_out(user: User, outside: Path) -> None:
    said = user.run("doctor").out
    assert f"notes.md: leads to {outside}/private.md; 1 article" in said
    assert f"outdir: leads to {outside}; 1 article" in said
