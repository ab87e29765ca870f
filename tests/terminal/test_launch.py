"""What a launch imports before its first frame, by the system's own word for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, rilo, until

pytestmark = [pytest.mark.slow, pytest.mark.terminal]

KNOWN = Path(__file__).parents[1] / "golden" / "launch.txt"

COUNTS = """
import json, sys
from pathlib import Path
from rilo_reader.__main__ import main
ways, out = {}, Path(sys.argv.pop())
def note(event, args):
    # The controllers come first of what is imported after the first frame.
    if event != "import" or out.exists():
        return
    if args[0] == "rilo_reader.tui.reader.controllers":
        out.write_text(json.dumps({name: ways.get(name, []) for name in sys.modules}))
    frame, way = sys._getframe(1), ways.setdefault(args[0], [])
    while frame and len(way) < 4:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith("importlib") and name not in way:
            way.append(name)
        frame = frame.f_back
sys.addaudithook(note)
sys.exit(main())
"""


def test_the_first_frame_needs_no_module_more(tmp_path: Path) -> None:
    """One that is new is named with those that import it; what is needed goes into the list."""
    library, counted = tmp_path / "library", tmp_path / "modules.json"
    library.mkdir()
    (library / "a.md").write_text("# Story\n\nWords of it.\n")
    argv = [sys.executable, "-c", COUNTS, str(library), str(counted)]
    with Terminal(rilo(str(library)), home=tmp_path) as terminal:  # makes the index
        terminal.wait_for("Words of it.")
        terminal.send("q")
        terminal.wait_exit()
    with Terminal(argv, home=tmp_path) as terminal:
        terminal.wait_for("Words of it.")
        until(counted.exists)
        until(lambda: counted.read_text().endswith("}"))
    found = json.loads(counted.read_text())
    installed = {name for name in found if _is_installed(name)}
    known = set(KNOWN.read_text().split())
    assert "rilo_reader.render.document" in installed
    new = [f"{name} <- {' <- '.join(found[name])}" for name in sorted(installed - known)]
    assert not new, "\n".join(new)


def _is_installed(name: str) -> bool:
    """Whether a module is ours, or the first of a package that is not of Python itself."""
    if name.startswith("rilo_reader."):
        return True
    theirs = (*sys.stdlib_module_names, "sitecustomize", "usercustomize")  # of the system
    return "." not in name and name not in theirs and not name.startswith("_")
