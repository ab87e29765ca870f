"""Known holes in what the program depends on: `python -m tools.audit [PIP_AUDIT]`.

Audits the floors of pyproject.toml, which an install may have, and what is installed here with all
extras: by `advisories.toml`, a dated list, and where the command `pip-audit` is named, by its data.
Where these cannot be had it says so. Exits with 1 if a hole is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.weigh import PROGRAM, installed, needed

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_name("advisories.toml")
CANARY = "jinja2==2.10"  # a version with holes; data that have none of them are no data

Versions = Mapping[str, str]
"""The version of each package."""


def requirements(project: Mapping[str, dict[str, list[str]]]) -> Iterator[Requirement]:
    """What pyproject.toml requires for users: plain and in extras, without the program itself."""
    extras = [lines for name, lines in project["optional-dependencies"].items() if name != "dev"]
    for lines in (project["dependencies"], *extras):
        yield from (one for one in map(Requirement, lines) if one.name != PROGRAM)


def floors() -> Versions:
    """The least version of each requirement."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, str] = {}
    for one in requirements(project):
        [least] = (each.version for each in one.specifier if each.operator == ">=")
        found[canonicalize_name(one.name)] = least
    return found


def here() -> Versions:
    """What is installed with all extras."""
    packages = installed()
    names = needed(packages, PROGRAM, frozenset(["all"])) - {PROGRAM}
    return {name: packages[name].version for name in names}


def listed_holes(versions: Versions) -> list[str]:
    """The holes of some versions that are on our list, each as a line."""
    return [
        f"{hole['package']} {versions[hole['package']]}: {', '.join(hole['ids'])}, "
        f"fixed in {hole['below']} ({hole['what']})"
        for hole in tomllib.loads(LIST.read_text("utf-8"))["holes"]
        if hole["package"] in versions
        and Version(versions[hole["package"]]) < Version(hole["below"])
    ]


def audited_holes(command: str, versions: Versions) -> list[str] | None:
    """The holes of some versions that pip-audit knows; None if its data cannot be had."""
    with tempfile.TemporaryDirectory(prefix="rilo-audit-") as folder:
        wanted, answer = Path(folder) / "requirements.txt", Path(folder) / "answer.json"
        lines = [CANARY, *(f"{name}=={version}" for name, version in versions.items())]
        wanted.write_text("\n".join(lines), encoding="utf-8")
        options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
        files = ["--requirement", str(wanted), "--output", str(answer)]
        try:
            subprocess.run([command, *options, *files], check=False, capture_output=True)
            audited = json.loads(answer.read_text("utf-8"))["dependencies"]
        except (OSError, ValueError):
            return None
    holes = {one["name"]: one["vulns"] for one in audited if one.get("vulns")}
    if holes.pop(CANARY.partition("==")[0], None) is None:
        return None
    return [
        f"{name} {versions[canonicalize_name(name)]}: {hole['id']}, "
        f"fixed in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for name, known in holes.items()
        for hole in known
    ]


def main() -> int:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    date = tomllib.loads(LIST.read_text("utf-8"))["date"]
    wrong = False
    audits = (("the floors of pyproject.toml", floors()), ("what is installed", here()))
    for what, versions in audits:
        holes = listed_holes(versions)
        audited = audited_holes(command, versions) if command else None
        by = "and pip-audit"
        if audited is None:
            by = f"alone: no data from {command or 'pip-audit, which is not named'}"
        holes += audited or []
        print(
            f"{what}, {len(versions)} packages: {len(holes)} known holes, "
            f"by the list of {date} {by}"
        )
        for hole in holes:
            print(f"  {hole}")
        wrong |= bool(holes)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
