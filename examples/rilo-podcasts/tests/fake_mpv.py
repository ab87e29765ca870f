"""A stand-in for mpv: it answers on its socket as mpv does, a tenth of a second each hundredth."""

from __future__ import annotations

import json
import socket
import sys
import time

LENGTH = 40.0  # seconds of any sound

options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
position, is_paused = float(options["start"]), False
server = socket.socket(socket.AF_UNIX)
server.bind(options["input-ipc-server"])
server.listen()
connection, _ = server.accept()
connection.settimeout(0.01)
buffer = b""


def tell(**event: object) -> None:
    connection.sendall(json.dumps(event).encode() + b"\n")


while position < LENGTH:
    try:
        buffer += connection.recv(4096)
    except TimeoutError:
        position += 0 if is_paused else 0.1
        tell(event="property-change", name="time-pos", data=position)
    while b"\n" in buffer:
        line, _, buffer = buffer.partition(b"\n")
        match json.loads(line)["command"]:
            case ["cycle", "pause"]:
                is_paused = not is_paused
                tell(event="property-change", name="pause", data=is_paused)
            case ["seek", seconds]:
                position += seconds
            case ["quit"]:
                tell(event="end-file", reason="quit")
                sys.exit()
tell(event="end-file", reason="eof")
time.sleep(0.05)
