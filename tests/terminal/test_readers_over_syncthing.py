"""Two readers on two libraries that two real Syncthing devices keep the same."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.syncthing import needs_syncthing, syncthing_pair
from tests.terminal.test_killed_readers import TITLES, Device, is_starred


@pytest.mark.terminal
@pytest.mark.service
@needs_syncthing
def test_what_one_reader_does_the_other_shows(tmp_path: Path) -> None:
    laptop, desktop = (Device(tmp_path / name) for name in ("laptop", "desktop"))
    ivory, seminar, labels = TITLES
    with (
        syncthing_pair(tmp_path, laptop.library, desktop.library) as pair,
        desktop.reader() as here,
    ):
        with laptop.reader() as there:
            there.send("s")
            here.wait_for(lambda screen: is_starred(screen, ivory))
            here.send("Js")
            there.wait_for(lambda screen: is_starred(screen, seminar))
            pair.part()
            there.send("JJs")
            there.wait_for(lambda screen: is_starred(screen, labels))
            there.kill(signal.SIGKILL)
            there.wait_exit()
        assert not is_starred(here.screen(), labels)
        # What the reader showed before it was killed goes out with the next sync of that device.
        laptop.run("sync", "now")
        pair.join()
        here.wait_for(lambda screen: is_starred(screen, labels))
        here.send("W")
        here.wait_for(lambda screen: "laptop" in screen and "enter undo it" in screen)
