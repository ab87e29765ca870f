"""Try the project without plugins: `python -m tools.without NAME…`, or `all`.

Copies what git knows, and what it would take, into a temporary folder without these plugins and
those that need them, and their tests; installs that with packages of its own, and runs mypy and the
default tests there. (What lies in tools and benchmarks may need a plugin.) The last line says what
failed. `--no-mypy` and `--no-tests` leave out a half; what stands after `--` goes to pytest.
"""

from __future__ import annotations

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = Path("src/rilo_reader/plugins")
TESTS = Path("tests/plugins")


def needs(root: Path = ROOT) -> dict[str, set[str]]:
    """The plugins of a checkout, each with those that it says it needs."""
    found = {}
    for file in sorted((root / PLUGINS).glob("*/__init__.py")):
        assigned = (
            node.value
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and target.id == "needs"
        )
        found[file.parent.name] = set(ast.literal_eval(next(assigned, ast.Tuple([]))))
    return found


def without(names: Iterable[str], needed: Mapping[str, set[str]]) -> set[str]:
    """These plugins, and all that cannot be without them."""
    gone = set(names)
    while more := {name for name, wanted in needed.items() if wanted & gone} - gone:
        gone |= more
    return gone


def copy(target: Path, gone: Iterable[str]) -> None:
    """Copy the project without some plugins, as a repository."""
    left_out = [folder / name for name in gone for folder in (PLUGINS, TESTS)]
    if left_out:  # tests of several
        left_out += (file.relative_to(ROOT) for file in (ROOT / TESTS).glob("test_*.py"))
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        file = Path(name)
        if not any(file.is_relative_to(folder) for folder in left_out) and (ROOT / file).exists():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, target / file)
    if (ROOT / ".mypy_cache").is_dir():  # mypy finds what is the same, by the bytes of each file
        shutil.copytree(ROOT / ".mypy_cache", target / ".mypy_cache")
    for command in (["git", "init", "-q"], ["git", "add", "--all"]):
        subprocess.run(command, cwd=target, check=True)


def install(target: Path) -> Path:
    """Install the copy, not editable, so that what is missing is missing; return its Python."""
    python = target / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    uv = shutil.which("uv") or shutil.which("uv", path=Path(sys.executable).parent)
    if uv:
        subprocess.run([uv, "venv", "-q", "-p", sys.executable, target / ".venv"], check=True)
        installer = [uv, "pip", "install", "-q", "--python", str(python)]
    else:
        venv.create(target / ".venv", with_pip=True)
        installer = [str(python), "-m", "pip", "install", "-q", "--no-compile"]
    subprocess.run([*installer, ".[dev]"], cwd=target, check=True)
    return python


def main(arguments: Sequence[str] | None = None) -> int:
    plugins = needs()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("names", nargs="+", metavar="NAME", choices=[*plugins, "all"])
    parser.add_argument("--no-tests", action="store_true")
    parser.add_argument("--no-mypy", action="store_true")
    given = list(sys.argv[1:] if arguments is None else arguments)
    at = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:at])
    gone = without(plugins if "all" in options.names else options.names, plugins)
    print(f"without {', '.join(sorted(gone))}")
    steps = {"mypy": ["mypy", "src", "tests"], "pytest": ["pytest", *given[at + 1 :]]}
    failed = []
    with tempfile.TemporaryDirectory(prefix="rilo-without.") as folder:
        target = Path(folder) / "checkout"
        target.mkdir()
        copy(target, gone)
        python = install(target)
        for name, command in steps.items():
            if not vars(options).get("no_tests" if name == "pytest" else "no_mypy"):
                begun = time.monotonic()
                ended = subprocess.run([python, "-m", *command], cwd=target, check=False)
                print(f"{name}: {time.monotonic() - begun:.0f} s")
                failed += [name] if ended.returncode else []
    print(f"FAILED: {', '.join(failed)}" if failed else "ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
