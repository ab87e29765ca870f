"""What a wheel has beside the package: completions of shells and man pages, made of the verbs."""

from __future__ import annotations

import re
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Shared(BuildHookInterface):  # type: ignore[type-arg]
    """Write them into a temporary folder, from which they go to `share` of the environment."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel; an editable one has none."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path[:0] = [str(root / "src"), str(root)]
        from tools.man_pages import pages

        from rilo_reader.cli.completion import scripts

        # The day of the last version, so that two builds are equal.
        changes = (root / "CHANGELOG.md").read_text("utf-8")
        released = re.findall(r"^## [\d.]+ \((\d+ \w+ \d+)\)$", changes, re.MULTILINE)[0]
        day = datetime.strptime(released, "%d %B %Y").date()  # noqa: DTZ007  # has no time
        self._folder = tempfile.TemporaryDirectory()
        for place, text in {**scripts(), **pages(day)}.items():
            file = Path(self._folder.name, place)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            build_data["shared_data"][str(file)] = f"share/{place}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        if version != "editable":
            self._folder.cleanup()
