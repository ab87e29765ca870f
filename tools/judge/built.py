"""Look into what was built for an index of packages: `python -m tools.judge.built FILE…`.

Beside what twine checks: that the wheel is typed, has its licence, its commands and its guide, and
nothing but the package; and that the source has all that its tests and packages need.
"""

from __future__ import annotations

import sys
import tarfile
import tomllib
from collections.abc import Iterable
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SOURCE = ("src", "articles", "tests", "docs", "tools", "packaging")


def faults_of_wheel(wheel: Path) -> Iterable[str]:
    """What a wheel lacks, or has too much."""
    with ZipFile(wheel) as opened:
        names = set(opened.namelist())
        info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
        metadata = Parser().parsestr(opened.read(f"{info}/METADATA").decode())
        commands = opened.read(f"{info}/entry_points.txt").decode()
    articles = (ROOT / "articles").rglob("*.md")
    wanted = [f"rilo_reader/{file.relative_to(ROOT)}" for file in articles]
    wanted += ["rilo_reader/py.typed", f"{info}/licenses/LICENSE"]
    yield from (f"{name} is missing" for name in wanted if name not in names)
    tops = {"rilo_reader", info}
    yield from (
        f"{name} is not of the package" for name in names if name.partition("/")[0] not in tops
    )
    classifiers = metadata.get_all("Classifier", [])
    for python in PYTHONS:
        if f"Programming Language :: Python :: {python}" not in classifiers:
            yield f"Python {python} is not named"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, target in project["scripts"].items():
        if f"{name} = {target}" not in commands:
            yield f"the command {name} is missing"
    for field in ("Summary", "License-Expression", "Requires-Python", "Keywords"):
        if not metadata[field]:
            yield f"{field} is not said"


def faults_of_source(source: Path) -> Iterable[str]:
    """What an archive of the source lacks."""
    with tarfile.open(source) as opened:
        folders = {name.split("/")[1] for name in opened.getnames() if "/" in name}
    yield from (f"{name}/ is missing" for name in SOURCE if name not in folders)


def main(files: list[str]) -> int:
    """Report the faults of each file; 1 if there are any."""
    status = 0
    for file in map(Path, files):
        faults = faults_of_wheel(file) if file.suffix == ".whl" else faults_of_source(file)
        for fault in faults:
            print(f"{file.name}: {fault}")
            status = 1
    if not status:
        print(f"{len(files)} files have what they should")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
