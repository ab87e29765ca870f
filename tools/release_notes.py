"""The section of the changelog about one version: `python -m tools.release_notes VERSION`.

Prints it for the page of a release. Ends with 1 where there is none, where it is empty, or where
the version is not the package's own: the tag is wrong, or the changelog was forgotten.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from rilo_reader import __version__

CHANGELOG = Path(__file__).resolve().parent.parent / "CHANGELOG.md"


def section(changelog: str, version: str) -> str:
    """The text below the heading of a version, such as `## 1.2.0 (2026-12-01)`; "" without one."""
    heading = rf"(?m)^## v?{re.escape(version)}(?![\w.]).*$"
    found = re.search(rf"{heading}((?:\n(?!## ).*)*)", changelog)
    return found[1].strip() if found else ""


def main(tag: str) -> int:
    """Print the section of the version that a tag, such as `v1.2.0`, names."""
    version = tag.removeprefix("v")
    text = section(CHANGELOG.read_text(encoding="utf-8"), version)
    if version != __version__:
        print(f"the tag names {version}, and the package is {__version__}", file=sys.stderr)
    elif not text:
        print(f"CHANGELOG.md has no section of {version}", file=sys.stderr)
    else:
        print(text)
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
