"""Two devices with folders of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rilo_reader.plugins.devices.segments import SEALED_FROM_BYTES
from tests.plugins.devices.machines import Both, Machine, meet


@pytest.fixture
def sealed_from() -> int:
    """Bytes from which on a segment is sealed."""
    return SEALED_FROM_BYTES


@pytest.fixture
def laptop(tmp_path: Path, sealed_from: int) -> Iterator[Machine]:
    with closing(Machine(tmp_path, "laptop", sealed_from=sealed_from)) as machine:
        yield machine


@pytest.fixture
def desktop(tmp_path: Path, sealed_from: int) -> Iterator[Machine]:
    with closing(Machine(tmp_path, "desktop", sealed_from=sealed_from)) as machine:
        yield machine


@pytest.fixture
def on(laptop: Machine, desktop: Machine) -> None:
    """Turn sync on on both."""
    laptop.on()
    desktop.on()


@pytest.fixture
def both(laptop: Machine, desktop: Machine, on: None) -> Both:
    """Two devices that have met once."""
    meet(laptop, desktop)
    return laptop, desktop
