"""What an install weighs, plain and with each extra: `python -m tools.weigh [ENVIRONMENT]`.

Follows what the installed packages require, from rilo-reader on, in an environment (without one,
that of this Python), and prints the number of packages and their MB: as the files come, and with
the bytecode that pip writes beside them. Extras that are not installed there are left out.
`--packages` lists the packages of the last line, the heaviest first.
"""

from __future__ import annotations

import argparse
import compileall
import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROGRAM = "rilo-reader"
ROOT = Path(__file__).parent.parent


class MissingPackageError(Exception):
    """A package that is required is not installed."""


class Weight(NamedTuple):
    """The bytes of a package."""

    files: int
    bytecode: int


def installed(environment: Path | None = None) -> dict[str, Distribution]:
    """The packages of an environment, by name; those of this Python without one."""
    path = sys.path
    if environment is not None:
        path = [str(folder) for folder in environment.rglob("site-packages")]
    return {str(canonicalize_name(each.name)): each for each in distributions(path=path)}


def needed(
    packages: Mapping[str, Distribution], name: str, extras: frozenset[str] = frozenset()
) -> set[str]:
    """The names of a package and of all that it requires here, as an installer finds them."""
    found: dict[str, frozenset[str]] = {}
    waiting = [(str(canonicalize_name(name)), extras)]
    while waiting:
        here, wanted = waiting.pop()
        if here not in packages:
            raise MissingPackageError(here)
        if here in found and wanted <= found[here]:
            continue
        found[here] = wanted = wanted | found.get(here, frozenset())
        for line in packages[here].requires or ():
            one = Requirement(line)
            environments = [{"extra": extra} for extra in (wanted or {""})]
            if one.marker is None or any(map(one.marker.evaluate, environments)):
                asked = frozenset(canonicalize_name(extra) for extra in one.extras)
                waiting.append((canonicalize_name(one.name), asked))
    return set(found)


def weigh(package: Distribution) -> Weight:
    """Weigh a package; what is not compiled yet is compiled, as pip does at the install."""
    files = bytecode = 0
    for file in files_of(package):
        if file.suffix != ".pyc" and file.is_file():
            files += file.stat().st_size
            if file.suffix == ".py":
                compileall.compile_file(file, quiet=2)
                compiled = Path(cache_from_source(str(file)))
                bytecode += compiled.stat().st_size if compiled.exists() else 0
    return Weight(files, bytecode)


def files_of(package: Distribution) -> Iterator[Path]:
    """The files of a package; those of the checkout where it is installed from there."""
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        for folder in ("src", "articles"):
            yield from (ROOT / folder).rglob("*")
    for file in package.files or ():
        yield Path(str(file.locate()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, usage="python -m tools.weigh [ENV]")
    parser.add_argument("environment", nargs="?", type=Path)
    parser.add_argument("--packages", action="store_true", help="what each package weighs")
    options = parser.parse_args()
    packages = installed(options.environment)
    provided = packages[PROGRAM].metadata.get_all("Provides-Extra") or []
    extras = sorted((each for each in provided if each != "dev"), key=lambda each: each == "all")
    weights: dict[str, Weight] = {}
    names: set[str] = set()
    print(f"{'install':<12} packages     MB  with bytecode")
    for extra in ("", *extras):
        try:
            names = needed(packages, PROGRAM, frozenset([extra] if extra else []))
        except MissingPackageError:
            continue
        for name in names - weights.keys():
            weights[name] = weigh(packages[name])
        bare = sum(weights[name].files for name in names)
        whole = bare + sum(weights[name].bytecode for name in names)
        print(f"{extra or 'plain':<12} {len(names):>8} {bare / 1e6:>6.0f} {whole / 1e6:>14.0f}")
    if options.packages:
        for name in sorted(names, key=lambda name: -sum(weights[name])):
            files, bytecode = weights[name]
            print(f"  {name:<20} {files / 1e6:>5.1f} {(files + bytecode) / 1e6:>5.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
