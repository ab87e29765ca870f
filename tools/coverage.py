"""How much of the pure rooms their own quick tests reach: below 95 % of branches is a failure.

    python -m tools.coverage [--missing] [ROOM...]

Pure code needs no world around it, so nothing excuses a branch that no test takes: it gets a test
that says what it is for, or goes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "rilo_reader"
WANTED = 95.0  # % of branches, and of lines and branches together, in each room


class Room(NamedTuple):
    """Modules below src/rilo_reader, and the tests that are about them."""

    modules: list[str]
    tests: list[str]


ROOMS = {
    **{
        name: Room([name], [f"tests/{name}"])
        for name in ("query", "parsers", "pages", "annotations")
    },
    "html": Room(["html"], ["tests/html", "tests/pages/test_web_page_depth.py"]),
    "feeds": Room(
        [
            f"feeds/{name}.py"
            for name in ("article_text", "identity", "opml", "plan", "progress", "schedule")
        ],
        ["tests/feeds"],
    ),
    "devices": Room(["plugins/devices/journal.py"], ["tests/plugins/devices/test_journal.py"]),
    "accounts": Room(
        ["plugins/accounts/compare.py", "plugins/accounts/service.py"],
        [f"tests/plugins/accounts/test_{name}.py" for name in ("accounts", "comparison")],
    ),
}


def measure(rooms: list[Room]) -> dict[str, Any]:
    """Run the tests of rooms; what coverage says of each file, by its path in the package."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        wanted = ["--cov=rilo_reader", "--cov-branch", f"--cov-report=json:{report}"]
        tests = [test for room in rooms for test in room.tests]
        command = [sys.executable, "-m", "pytest", *wanted, *tests]
        environment = {**os.environ, "COVERAGE_FILE": f"{folder}/data"}
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            sys.exit("The tests failed.")
        files = json.loads(report.read_text())["files"]
    return {str((ROOT / file).relative_to(SOURCE)): found for file, found in files.items()}


def share(part: int, whole: int) -> str:
    """A share in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main() -> None:
    """Print a table of rooms; exit with 1 if one is below WANTED."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", choices=[[], *ROOMS], metavar="ROOM")
    parser.add_argument("--missing", action="store_true", help="print lines and branches, too")
    options = parser.parse_args()
    rooms = {name: ROOMS[name] for name in options.rooms or ROOMS}
    files = measure(list(rooms.values()))
    low = []
    print(f"\n{'room':14}{'lines':>9}{'branches':>10}{'together':>10}")
    for name, room in rooms.items():
        own = {
            file: found
            for file, found in files.items()
            if any(file == module or file.startswith(f"{module}/") for module in room.modules)
        }
        sums = {
            key: sum(found["summary"][key] for found in own.values())
            for key in ("covered_lines", "num_statements", "covered_branches", "num_branches")
        }
        lines, all_lines, branches, all_branches = sums.values()
        both, whole = lines + branches, all_lines + all_branches
        if 100 * both < WANTED * whole or 100 * branches < WANTED * all_branches:
            low.append(name)
        print(
            f"{name:14}{share(lines, all_lines):>9}{share(branches, all_branches):>10}"
            f"{share(both, whole):>10}"
        )
        for file, found in own.items() if options.missing else ():
            if found["missing_lines"] or found["missing_branches"]:
                print(f"  {file}: {found['missing_lines']} {found['missing_branches']}")
    if low:
        sys.exit(f"Below {WANTED:g} %: {', '.join(low)}")


if __name__ == "__main__":
    main()
