"""Play in mpv, and follow where it is by its socket (JSON IPC)."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from rilo_reader.library import LibraryError

START_SECONDS = 10.0  # until its socket is there
PAUSE = 0.05


class Player:
    """Plays one episode at a time; `play` is for a thread, all else for any."""

    def __init__(self) -> None:
        self.url = ""  # of what plays, "" for nothing
        self.position = 0.0  # seconds
        self.is_paused = False
        self._is_ended = False  # perhaps before mpv could be told
        self._socket: socket.socket | None = None

    def play(self, url: str, source: str, start: float, command: str) -> float:
        """Play a file or an address from a second on, to its end; return where it ended.

        0 means that it was heard to its end. Raises LibraryError if mpv cannot be run.
        """
        self.url, self.position, self.is_paused = url, start, False
        is_finished = self._is_ended = False
        with TemporaryDirectory(prefix="rilo-podcasts-") as folder:
            place = Path(folder) / "mpv"
            run = [*shlex.split(command), "--no-terminal", f"--input-ipc-server={place}"]
            try:
                child = subprocess.Popen(
                    [*run, f"--start={start:.1f}", "--", source],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                self.url = ""
                raise LibraryError(
                    f"{run[0]} cannot be run: {error.strerror}. Install mpv, or set podcast_player."
                ) from error
            try:
                with self._connect(place, child) as connection:
                    self._socket = connection
                    self._send("observe_property", 1, "time-pos")
                    self._send("observe_property", 2, "pause")
                    if self._is_ended:
                        self._send("quit")
                    with connection.makefile("rb") as lines, suppress(OSError):
                        for line in lines:
                            is_finished = self._take_event(line) or is_finished
            finally:
                self._socket, self.url = None, ""
                child.terminate()
                child.wait()
        return 0.0 if is_finished else self.position

    def pause(self) -> None:
        """Pause, or go on."""
        self._send("cycle", "pause")

    def seek(self, seconds: int) -> None:
        """Go on or back by some seconds."""
        self._send("seek", seconds)

    def quit(self) -> None:
        """End what plays."""
        self._is_ended = True
        self._send("quit")

    def _connect(self, place: Path, child: subprocess.Popen[bytes]) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + START_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            try:
                connection.connect(str(place))
            except OSError:
                time.sleep(PAUSE)
            else:
                return connection
        connection.close()
        raise LibraryError("mpv ended at once; try podcast_player in a terminal.")

    def _send(self, *command: object) -> None:
        if (connection := self._socket) is not None:
            with suppress(OSError):
                connection.sendall(json.dumps({"command": command}).encode() + b"\n")

    def _take_event(self, line: bytes) -> bool:
        """Take what mpv tells; return whether it has reached the end."""
        try:
            event = json.loads(line)
        except ValueError:
            return False
        if not isinstance(event, dict):
            return False
        data = event.get("data")
        if event.get("name") == "time-pos" and isinstance(data, int | float):
            self.position = float(data)
        elif event.get("name") == "pause":
            self.is_paused = data is True
        return event.get("event") == "end-file" and event.get("reason") == "eof"
