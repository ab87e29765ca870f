"""Two real Syncthing devices on this machine that keep two folders the same.

They talk over 127.0.0.1 alone: nothing is announced, no relay is asked, no port is mapped.

    with syncthing_pair(work, first, second) as pair:
        pair.part()       # each side goes on by itself
        pair.join()
        pair.settle()     # both folders hold the same files
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.processes import free_ports, running, wait_until

needs_syncthing = pytest.mark.skipif(
    shutil.which("syncthing") is None, reason="syncthing is not here"
)

FOLDER = "library"
_KEY = "a-key-of-tests"
_OWN_FILES = (".stfolder", ".stignore", ".stversions")
_CONFIG = """<configuration version="37">
<folder id="{folder}" label="{folder}" path="{path}" type="sendreceive" rescanIntervalS="3600"
    fsWatcherEnabled="true" fsWatcherDelayS="1">
  <device id="{own}"></device><device id="{peer}"></device>
  <minDiskFree unit="">0</minDiskFree><maxConflicts>10</maxConflicts>
</folder>
<device id="{own}" name="self"><address>dynamic</address></device>
<device id="{peer}" name="peer"><address>tcp://127.0.0.1:{peer_port}</address></device>
<gui enabled="true" tls="false">
  <address>127.0.0.1:{gui_port}</address><apikey>{key}</apikey>
</gui>
<options>
  <listenAddress>tcp://127.0.0.1:{port}</listenAddress>
  <globalAnnounceEnabled>false</globalAnnounceEnabled>
  <localAnnounceEnabled>false</localAnnounceEnabled>
  <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
  <urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled>
  <autoUpgradeIntervalH>0</autoUpgradeIntervalH><startBrowser>false</startBrowser>
  <reconnectionIntervalS>1</reconnectionIntervalS>
</options>
</configuration>
"""


def files_below(folder: Path) -> dict[str, bytes]:
    """The files that Syncthing carries, each with its bytes."""
    found = {}
    for file in folder.rglob("*"):
        name = file.relative_to(folder).as_posix()
        if not name.startswith(_OWN_FILES) and file.is_file():
            found[name] = file.read_bytes()
    return found


class SyncthingDevice:
    """One device with a home and a folder of its own."""

    def __init__(self, home: Path, folder: Path, port: int, gui_port: int) -> None:
        self.home, self.folder = home, folder
        self.port, self.gui_port = port, gui_port
        self._environment = {**os.environ, "HOME": str(home), "STNODEFAULTFOLDER": "1"}
        self.home.mkdir(parents=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._run("generate")
        device = ElementTree.parse(home / "config.xml").find("device")
        assert device is not None
        self.id = device.attrib["id"]

    def _argv(self, verb: str, *more: str) -> list[str]:
        return ["syncthing", verb, f"--home={self.home}", *more]

    def _run(self, *verb: str) -> None:
        done = subprocess.run(
            self._argv(*verb), env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def configure(self, peer: SyncthingDevice) -> None:
        """Share the folder with a peer, and nothing else with anybody."""
        text = _CONFIG.format(
            folder=FOLDER,
            path=self.folder,
            own=self.id,
            peer=peer.id,
            port=self.port,
            gui_port=self.gui_port,
            peer_port=peer.port,
            key=_KEY,
        )
        (self.home / "config.xml").write_text(text, encoding="utf-8")

    def serving(self) -> AbstractContextManager[None]:
        """Run it."""
        argv = self._argv("serve", "--no-browser", "--no-restart", "--no-upgrade")
        return running(argv, self.home / "log", env=self._environment)

    def ask(self, method: str, path: str) -> Any:
        """What its REST interface answers; None while it does not."""
        connection = http.client.HTTPConnection("127.0.0.1", self.gui_port, timeout=30)
        try:
            connection.request(method, f"/rest/{path}", headers={"X-API-Key": _KEY})
            text = connection.getresponse().read()
            return json.loads(text) if text.strip() else {}
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def is_connected(self, peer: SyncthingDevice) -> bool:
        """Whether it is connected with a peer."""
        found = self.ask("GET", "system/connections") or {}
        return bool(found.get("connections", {}).get(peer.id, {}).get("connected"))


class SyncthingPair:
    """Two devices that run, and are joined at first."""

    def __init__(self, first: SyncthingDevice, second: SyncthingDevice) -> None:
        self.first, self.second = first, second
        self._wait(self._is_joined, "they did not meet")

    def part(self) -> None:
        """Part them: each pauses the other."""
        for device, peer in ((self.first, self.second), (self.second, self.first)):
            device.ask("POST", f"system/pause?device={peer.id}")
        self._wait(lambda: not self._is_joined(), "they did not part")

    def join(self) -> None:
        """Let them meet again."""
        for device, peer in ((self.first, self.second), (self.second, self.first)):
            device.ask("POST", f"system/resume?device={peer.id}")
        self._wait(self._is_joined, "they did not meet again")

    def settle(self) -> None:
        """Wait until both folders hold the same files."""
        self._wait(self._is_same, "their folders are not the same")

    def scan_and_settle(self) -> None:
        """The same sooner: Syncthing's watcher waits a second or more for further changes."""
        for device in (self.first, self.second):
            device.ask("POST", f"db/scan?folder={FOLDER}")
        self.settle()

    def _is_joined(self) -> bool:
        return self.first.is_connected(self.second) and self.second.is_connected(self.first)

    def _is_same(self) -> bool:
        try:
            return files_below(self.first.folder) == files_below(self.second.folder)
        except FileNotFoundError:
            return False

    def _wait(self, holds: Callable[[], bool], otherwise: str) -> None:
        wait_until(holds, otherwise, self.first.home / "log", self.second.home / "log")


@contextmanager
def syncthing_pair(work: Path, first: Path, second: Path) -> Iterator[SyncthingPair]:
    """Run two devices that share two folders; their homes are made below `work`."""
    ports = free_ports(4)
    devices = [
        SyncthingDevice(work / f"syncthing-{number}", folder, *ports[2 * number : 2 * number + 2])
        for number, folder in enumerate((first, second))
    ]
    devices[0].configure(devices[1])
    devices[1].configure(devices[0])
    with ExitStack() as stack:
        for device in devices:
            stack.enter_context(device.serving())
        yield SyncthingPair(*devices)
