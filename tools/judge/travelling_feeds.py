"""Change feeds on three devices, by commands and by hand, and carry their journals badly.

    python -m tools.judge.travelling_feeds [GESTURES] [SEED]

Each feed is changed on one device alone; commands are killed now and then, files are edited by hand
and are as old as they say, journals are copied late, old ones over new ones, or kept beside them as
copies of a conflict. In the end all devices have what the device of each feed did last. No command
loses a comment, a header or the order of the feeds that were there.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.terminal import config_file, environment, rilo

NAMES = ("laptop", "desktop", "phone")
LOCAL = ("headers", "user_agent", "filter")
COMMANDS = ("pause", "resume", "mute", "unmute", "rename", "tag", "remove")
Feeds = dict[str, dict[str, Any]]


class Device:
    """A home with a copy of the shared folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.home, self.shared = name, folder / name, folder / f"{name} shared"
        self.file = config_file(self.home, "feeds.toml")
        self.faults: list[str] = []
        self.run("sync", "on", "--feeds", "--name", name, "--folder", str(self.shared))

    @property
    def feeds(self) -> Feeds:
        """The feeds in the file, by their addresses."""
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        return {feed["url"]: feed for feed in tomllib.loads(text).get("feeds", [])}

    def run(self, *arguments: str, seconds: float | None = None) -> None:
        """Run a command, which is killed after some seconds, and compare the file with before."""
        before, marks = self.feeds, self._list_comments()
        process = subprocess.Popen(
            rilo(*arguments),
            env=environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            error = process.communicate(timeout=seconds)[1].decode()
        except subprocess.TimeoutExpired:
            process.kill()
            error = process.communicate()[1].decode()
        after = self.feeds
        stayed = [url for url in before if url in after]
        if "Traceback" in error or stayed != [url for url in after if url in before]:
            self.faults.append(f"{self.name}, {arguments}: order, or {error[-300:]}")
        self.faults += [
            f"{self.name}, {arguments}: {url} lost its {field}"
            for url in stayed
            for field in LOCAL
            if before[url].get(field) != after[url].get(field)
        ]
        lost = [url for url in stayed if f"# of {url}\n" in marks - self._list_comments()]
        self.faults += [f"{self.name}, {arguments}: comment of {url}" for url in lost]

    def _list_comments(self) -> set[str]:
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        return {line for line in text.splitlines(keepends=True) if line.startswith("# of ")}

    def edit(self, url: str, rng: random.Random) -> None:
        """Add or change a feed by hand, some time ago."""
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        head = f'url = "{url}"\n'
        if head not in text:
            text += f'\n# of {url}\n[[feeds]]\n{head}headers = {{ Cookie = "{rng.random()}" }}\n'
        else:
            value = f"limit = {rng.randrange(1, 99)}\n"
            text = text.replace(head, head + value) if "limit =" not in text else text
        self.file.write_text(text, encoding="utf-8")
        when = time.time() - rng.randrange(10_000)
        os.utime(self.file, (when, when))


def carry(source: Device, target: Device, way: str) -> None:
    """Copy journals: newer ones, all, or those that differ beside those that are there."""
    for file in source.shared.rglob("*.log"):
        there = target.shared / file.relative_to(source.shared)
        there.parent.mkdir(parents=True, exist_ok=True)
        is_newer = not there.exists() or file.stat().st_mtime > there.stat().st_mtime
        if is_newer or way == "old":
            shutil.copy2(file, there)
        elif way == "conflict" and file.read_bytes() != there.read_bytes():
            shutil.copy2(file, there.with_stem(f"{there.stem} (conflicted copy)"))


def judge_travelling(folder: Path, gestures: int, seed: int) -> list[str]:
    """Play, let all meet, and return what is not as it should be."""
    rng = random.Random(seed)
    devices = [Device(folder, name) for name in NAMES]
    owners: dict[str, Device] = {}
    last: dict[str, Mapping[str, Any] | None] = {}
    for number in range(gestures):
        device = rng.choice(devices)
        own = [url for url, owner in owners.items() if owner is device]
        kind = rng.choice(("hand", "command", "command", "sync"))
        if kind == "sync":
            device.run("sync", "now", seconds=rng.choice((None, None, rng.uniform(0.2, 0.7))))
        elif kind == "command" and own:
            command, url = rng.choice(COMMANDS), rng.choice(own)
            values = {"rename": [f"T{number}"], "tag": ["a", f"t{number}"]}.get(command, [])
            killed = rng.choice((None, None, None, rng.uniform(0.2, 0.6)))
            device.run("feeds", command, url, *values, seconds=killed)
        else:
            url = rng.choice([*own, f"https://f{number}.example/feed"])
            owners.setdefault(url, device)
            device.edit(url, rng)
        last.update({url: device.feeds.get(url) for url, one in owners.items() if one is device})
        if rng.random() < 0.3:
            source, target = rng.sample(devices, 2)
            carry(source, target, rng.choice(("new", "new", "old", "conflict")))
    for _ in range(4):
        for device in devices:
            device.run("sync", "now")
            for other in devices:
                carry(device, other, "new")
    faults = [fault for device in devices for fault in device.faults]
    for url, wanted in last.items():
        for device in devices:
            found = device.feeds.get(url)
            if _pick_synced(found) != _pick_synced(wanted):
                faults.append(f"{url} of {owners[url].name}: {wanted}, on {device.name}: {found}")
    return faults


def _pick_synced(feed: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if feed is None:
        return None
    return {key: value for key, value in feed.items() if value and key not in LOCAL}


def main() -> int:
    """Judge; return how much is wrong."""
    gestures, seed = (*map(int, sys.argv[1:]), *(100, random.randrange(10**6))[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as folder:
        faults = judge_travelling(Path(folder), gestures, seed)
    print(*faults, f"seed {seed}: {gestures} gestures, {len(faults)} faults", sep="\n")
    return len(faults)


if __name__ == "__main__":
    sys.exit(main())
