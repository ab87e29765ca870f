"""Completions of shells and man pages: made of the verbs for an sdist, taken from it for a wheel.

Only an sdist needs what the program itself imports, so that nobody else waits for it: a wheel that
is built from a clone has neither.
"""

from __future__ import annotations

import re
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Shared(BuildHookInterface):  # type: ignore[type-arg]
    """Adds them, from `share` of the sdist to `share` of the environment."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say which files an sdist or a wheel has besides."""
        if self.target_name == "sdist":
            self._folder = tempfile.TemporaryDirectory()
            self._write(Path(self._folder.name))
            build_data["force_include"][self._folder.name] = "share"
        elif version != "editable" and (share := Path(self.root, "share")).is_dir():
            build_data["shared_data"][str(share)] = "share"

    def _write(self, share: Path) -> None:
        root = Path(self.root)
        sys.path[:0] = [str(root / "src"), str(root)]
        from tools.man_pages import pages

        from rilo_reader.cli.completion import scripts

        # The day of the last version, so that two builds are equal.
        changes = (root / "CHANGELOG.md").read_text("utf-8")
        released = re.findall(r"^## [\d.]+ \((\d+ \w+ \d+)\)$", changes, re.MULTILINE)[0]
        day = datetime.strptime(released, "%d %B %Y").date()  # noqa: DTZ007  # has no time
        for place, text in {**scripts(), **pages(day)}.items():
            file = share / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written."""
        if self.target_name == "sdist":
            self._folder.cleanup()
