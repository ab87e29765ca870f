"""A server in memory, and devices with an account there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rilo_reader.workers import WorkerPool
from tests.plugins.accounts.devices import Device, Shared
from tests.plugins.accounts.fake_service import FakeServer, FakeService

MakeDevice = Callable[..., Device]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def make_device(tmp_path: Path, pool: WorkerPool, server: FakeServer) -> Iterator[MakeDevice]:
    """Makes devices; `lists` and `toggles` are those of `FakeService`."""
    made: list[Device] = []

    def make(
        name: str = "", at: FakeServer = server, *, lists: bool = False, toggles: bool = False
    ) -> Device:
        made.append(Device(tmp_path / (name or f"device{len(made)}"), pool, at))
        made[-1].service = FakeService(at, lists=lists, toggles=toggles)
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def device(make_device: MakeDevice) -> Device:
    return make_device("laptop")


@pytest.fixture
def shared(make_device: MakeDevice, tmp_path: Path) -> Shared:
    """A laptop and a desktop."""
    return Shared(tmp_path / "shared", make_device("laptop"), make_device("desktop"))
