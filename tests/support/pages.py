"""A page of the documentation, and the home of a new user in which its examples run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").exists())


def page(name: str) -> str:
    """The text of a page, whose links lead somewhere."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / "docs" / target.partition("#")[0]).exists(), target
    return text


def examples_of(text: str) -> list[str]:
    """The examples of a page for a shell."""
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class PageHome:
    """A new user's home; in examples, some words stand for others here."""

    def __init__(self, home: Path, words: Mapping[str, str]) -> None:
        self.home = home
        self._words = words
        self.environment = {
            "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "NO_PROXY": "*",
        }
        (home / "bin").mkdir(parents=True)
        self.program("rilo-reader", f'exec "{sys.executable}" -m rilo_reader "$@"')

    def program(self, name: str, line: str) -> None:
        """Add a program of one line."""
        program = self.home / "bin" / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)

    def run(self, script: str) -> str:
        """Run an example; it works."""
        for word, here in self._words.items():
            script = script.replace(word, here)
        done = subprocess.run(
            ["sh", "-eu", "-c", script],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr
