"""Press random keys over every panel of a slowed reader: it ends by `q` alone, and loses nothing.

    python -m tools.judge.random_keys [SECONDS] [SEED] [SLOW]

A reader runs in a pseudo-terminal over a library with tags, feeds, saved searches and highlights.
It gets bursts of keys 0 to 150 ms apart, clicks, other sizes, escape sequences cut in the middle,
pastes of up to a megabyte, `ctrl+c`, `ctrl+z`, `ctrl+d`, `ctrl+q` and the like; files are saved and
deleted meanwhile. SLOW is how it is slowed: `stop` (SIGSTOP and SIGCONT by turns), `busy` (a loop
beside it) or `none`. Only `q` is never sent, but into text.

After each burst some `esc` must lead back to the list, whatever was open: then `/` and a word
search there, and a tag is typed into its prompt. At the end `q` ends the reader with 0, and the
command line has the tag that was set last, and every file that nobody deleted.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.terminal import (
    ENTER,
    ESCAPE,
    PASTE_END,
    PASTE_START,
    Terminal,
    WaitError,
    keep_as_first,
    rilo,
    run_piped,
)

ARTICLES = 60
SIZES = ((120, 40), (80, 24), (60, 20), (100, 30), (40, 10), (200, 60), (20, 5))
ENVIRONMENT = {"EDITOR": "true", "BROWSER": "true", "PYTHONFAULTHANDLER": "1"}
ESCAPE_DELAY = 0.15  # s; an escape and a key within 0.1 s are one key with alt
LATE = 40.0  # s that a step may take on a machine as slow as this one is made

PANELS = ("t", "|", "'", "m", "x", "F", "a", "W", "H", "D", "?", "\x10", ":", "i", "E", "\x13", "M")
"""Keys that open panels and prompts; what they are bound to may change, the list is no promise."""

OTHERS = (
    *"jkJKnN bgGlhezfpUSOruswAyvVILRP<>,.0123456789*#+-=~",
    *("\r", "\r", "\r", "\t", "\x1b", "\x1b", "\x1b", "\x7f"),
    *("\x01", "\x03", "\x04", "\x05", "\x06", "\x11", "\x15", "\x17", "\x18", "\x1a", "\x1c"),
    *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[3~"),
    *("\x1b[1;5A", "\x1b[Z", "\x1bOP", "\x1b[15~", "\x1bj", "\x1b\x1b"),
)
CUT = ("\x1b[", "\x1b[1", "\x1b[<0;1", "\x1bO", "\x1b]11;rgb:", "\x1b[200~half", "\x1bP")
WORDS = ("word", "story", "gletscher", '"a phrase', "is:unread ", "tag:", "title:wo", "-w ", "/re.")


class Verdict(NamedTuple):
    """What came of it."""

    keys: int
    bursts: int
    faults: tuple[str, ...]  # what was not as it must be, a line each


class Slowed:
    """Slows a process until it is left."""

    def __init__(self, pid: int, how: str, dice: random.Random) -> None:
        self._pid, self._how, self._dice = pid, how, random.Random(dice.random())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._stop_and_go, daemon=True)
        self._busy: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        if self._how == "stop":
            self._thread.start()
        elif self._how == "busy":
            self._busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._busy is not None:
            self._busy.kill()
            self._busy.wait()
        if self._thread.is_alive():
            self._thread.join()

    def _stop_and_go(self) -> None:
        try:
            while not self._over.wait(self._dice.uniform(0, 0.4)):
                os.kill(self._pid, signal.SIGSTOP)
                self._over.wait(self._dice.choice((0.05, 0.2, 0.6, 1.4)))
                os.kill(self._pid, signal.SIGCONT)
            os.kill(self._pid, signal.SIGCONT)
        except ProcessLookupError:
            return


class Judge:
    """A reader, and what is done to it."""

    def __init__(self, home: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self._home, self._library = home, home / "library"
        self._deleted: set[str] = set()
        self.keys = self.bursts = 0
        self.faults: list[str] = []
        self._log: list[str] = []  # the last keys, for who looks into a fault
        self._tag = ""
        self._fill()

    def _fill(self) -> None:
        self._library.mkdir()
        for number in range(ARTICLES):
            self._save(number)
        keep_as_first(self._library, self._home)
        config = self._home / "config" / "rilo-reader"
        with (config / "settings.toml").open("a", encoding="utf-8") as file:
            file.write('[[searches]]\nname = "words"\nquery = "word"\n')
        feeds = "".join(
            f'[[feeds]]\nurl = "http://127.0.0.1:9/{n}"\ntags = ["T{n % 2}"]\n' for n in range(3)
        )
        (config / "feeds.toml").write_text(feeds, encoding="utf-8")

    def _save(self, number: int) -> None:
        day, tag = f"2026-01-{number % 28 + 1:02}", f"t{number % 5}"
        links = " ".join(f"[link {n}](https://example.org/{n})" for n in range(4))
        lines = "\n\n".join(f"## Part {n}\n\nA word of story {number}." for n in range(8))
        text = f"---\ntitle: Story {number}\ndate: {day}\ntags: [{tag}]\nsource: S\n---\n"
        path = self._library / f"{number:03}.md"
        path.write_text(f"{text}{links}\n\n{lines}\n\nGletscherschmelze\n", encoding="utf-8")

    # -- keys -------------------------------------------------------------------------------------

    def run(self, seconds: float, slow: str) -> Verdict:
        """Run bursts for some seconds, leave, and compare."""
        command = [*(("nice",) if slow == "busy" else ()), *rilo()]
        with Terminal(command, SIZES[0], ENVIRONMENT, home=self._home) as it:
            try:
                it.wait_for("Story 27", LATE)
                until = time.monotonic() + seconds
                while time.monotonic() < until and not self.faults:
                    with Slowed(it.process.pid, slow, self._random):
                        self._burst(it)
                    self._calm(it)
                if not self.faults:
                    self._leave(it)
            except (WaitError, OSError) as error:
                self._fault(f"{type(error).__name__}: {error}")
                it.kill(signal.SIGABRT)  # its threads say where they are
                it.wait_exit(LATE)
                self._fault(it.text[-8_000:])
            if b"Traceback" in it.output:
                self._fault("a traceback")
        for log in (self._home / "state" / "rilo-reader").glob("error-*.log"):
            self._fault(log.read_text("utf-8", errors="replace"))
        if not self.faults:
            self._compare()
        return Verdict(self.keys, self.bursts, tuple(self.faults))

    def _fault(self, text: str) -> None:
        self.faults.append(f"{text}\nafter the keys {''.join(self._log[-80:])!r}")

    def _send(self, terminal: Terminal, keys: str) -> None:
        self._log.append(keys[:60])
        self.keys += 1
        terminal.send(keys)

    def _burst(self, terminal: Terminal) -> None:
        self.bursts += 1
        dice = self._random
        longest = dice.choice((0.0, 0.01, 0.05, 0.15))
        for _ in range(dice.randrange(20, 120)):
            kind = dice.random()
            if kind < 0.03:
                self._elsewhere(terminal)
            elif kind < 0.08:
                column, row = dice.randrange(terminal.size[0]), dice.randrange(terminal.size[1])
                terminal.click(column, row)
            elif kind < 0.10:
                self._send(terminal, dice.choice(CUT))
            elif kind < 0.14:
                self._send(terminal, dice.choice(WORDS))
            elif kind < 0.40:
                self._send(terminal, dice.choice(PANELS))
            else:
                self._send(terminal, dice.choice(OTHERS))
            time.sleep(dice.uniform(0, longest))

    def _elsewhere(self, terminal: Terminal) -> None:
        """Do what is no key: another size, a file, a paste."""
        dice = self._random
        what = dice.choice(("size", "save", "delete", "paste"))
        number = dice.randrange(ARTICLES, ARTICLES + 20)
        if what == "size":
            terminal.resize(*dice.choice(SIZES))
        elif what == "save":
            self._save(number)
        elif what == "delete":
            (self._library / f"{number:03}.md").unlink(missing_ok=True)
        else:
            text = "a pasted word\n" * dice.choice((1, 1, 100, 75_000))
            self._send(terminal, f"{PASTE_START}{text}{PASTE_END}")

    # -- calm -------------------------------------------------------------------------------------

    def _calm(self, terminal: Terminal) -> None:
        """Go back to the list with `esc` alone; search, set a star and a tag there."""
        # What was cut in the middle is ended first, as whoever types on does.
        self._send(terminal, PASTE_END + "\x1b\\")
        terminal.resize(*SIZES[0])
        mark = f"zq{self.bursts}"
        for _ in range(12):
            self._send(terminal, ESCAPE)
            time.sleep(ESCAPE_DELAY)
        self._send(terminal, "/")
        self._send(terminal, mark)
        terminal.wait_for(lambda screen: mark in screen.split("\n")[0], LATE)
        terminal.wait_for("0 of ", LATE)
        for _ in range(3):
            self._send(terminal, ESCAPE)
            time.sleep(ESCAPE_DELAY)
        terminal.wait_for(lambda screen: mark not in screen, LATE)
        self._send(terminal, '/title:"Story 7"')
        terminal.wait_for(lambda screen: "1 of " in screen.split("\n")[0], LATE)
        self._send(terminal, ENTER)
        self._tag = f"g{self.bursts}"
        self._send(terminal, "t")
        terminal.wait_for("esc cancel", LATE)
        self._send(terminal, f"\x15{self._tag}{ENTER}")
        terminal.wait_for(lambda screen: "esc cancel" not in screen, LATE)
        for _ in range(2):
            self._send(terminal, ESCAPE)
            time.sleep(ESCAPE_DELAY)
        terminal.wait_for(lambda screen: 'title:"Story' not in screen.split("\n")[0], LATE)

    def _leave(self, terminal: Terminal) -> None:
        if terminal.process.poll() is not None:
            self._fault(f"it ended with {terminal.process.returncode}, and nobody pressed q")
            return
        terminal.send("q")
        if status := terminal.wait_exit(LATE):
            self._fault(f"q ended it with {status}")
        if not terminal.is_restored:
            self._fault("the terminal is not as it was")

    def _compare(self) -> None:
        """Compare what the command line finds with what was set, and with the files."""
        command = rilo("search", "--json", "--limit", "0", "--", f"tag:={self._tag}")
        found = run_piped(command, self._home)
        titles = re.findall(r'"title": ?"([^"]*)"', found.stdout.decode())
        if titles != ["Story 7"]:
            self._fault(f"{self._tag} is at {titles}: {found.stderr.decode()}")
        for number in range(ARTICLES):
            if not (self._library / f"{number:03}.md").exists():
                self._fault(f"{number:03}.md is gone")


def judge(seconds: float, seed: int, slow: str) -> Verdict:
    """Press random keys for some seconds; the seed repeats the keys, not what time does to them."""
    with tempfile.TemporaryDirectory(prefix="keys-", ignore_cleanup_errors=True) as home:
        return Judge(Path(home), seed).run(seconds, slow)


def main(arguments: list[str]) -> int:
    """Print what came of it as JSON; 1 if something was not as it must be."""
    seconds, seed, slow, *_ = [*arguments, *("60", "1", "stop")[len(arguments) :]]
    verdict = judge(float(seconds), int(seed), slow)
    for fault in verdict.faults:
        print(fault)
    print(json.dumps({"keys": verdict.keys, "bursts": verdict.bursts, "seed": int(seed)}))
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
