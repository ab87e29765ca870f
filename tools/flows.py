"""Follow a star, a mark and a letter through the code: functions, files and SQL statements of each.

    python -m tools.flows [--list]

Each flow runs in this process, over a small library in a temporary folder, with a
profiler on every thread. Counted are the functions of rilo_reader that were called, and the files
they stand in; `--list` names them. Statements are those that SQLite reports as executed.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sqlite3
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tests.support.reader import reading
from tests.support.real_library import real_library

from rilo_reader import cli
from rilo_reader.library import Library
from rilo_reader.query.parser import parse

SOURCE = Path(cli.__file__).parents[1]


class Flow:
    """What was called while it was followed."""

    def __init__(self) -> None:
        self.is_followed = False
        self.begin()

    def begin(self) -> None:
        """Forget what was followed before."""
        self.calls: Counter[CodeType] = Counter()
        self.statements: list[str] = []

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call; for `sys.setprofile`."""
        code = frame.f_code
        if self.is_followed and event == "call" and code.co_filename.startswith(f"{SOURCE}/"):
            self.calls[code] += 1

    def trace(self, statement: str) -> None:
        """Note a statement; for `Connection.set_trace_callback`."""
        if self.is_followed:
            self.statements.append(statement)

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """Note what is called within."""
        self.is_followed = True
        try:
            yield
        finally:
            self.is_followed = False

    def functions(self) -> list[tuple[str, str]]:
        """Files and functions, without lambdas, comprehensions and modules that were imported."""
        return sorted(
            {
                (str(Path(code.co_filename).relative_to(SOURCE)), code.co_qualname)
                for code in self.calls
                if not code.co_name.startswith("<") and not _is_class_body(code)
            }
        )

    def told(self, name: str, *, listed: bool) -> None:
        """Print what was counted."""
        functions = self.functions()
        files = {file for file, _ in functions}
        print(
            f"{name}: {len(functions)} functions in {len(files)} files, "
            f"{sum(self.calls.values()):,} calls, {len(self.statements)} SQL statements"
        )
        for file, function in functions if listed else ():
            print(f"    {file}: {function}")
        for statement in self.statements if listed else ():
            print(f"    {' '.join(statement.split())[:150]}")


def _is_class_body(code: CodeType) -> bool:
    return not code.co_flags & 0x2  # CO_NEWLOCALS without CO_OPTIMIZED


def follow_sql(flow: Flow) -> None:
    """Report the statements of all connections from now on."""
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(flow.trace)
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]


def follow_mark(flow: Flow, library: Library, home: Path) -> None:
    """`rilo-reader mark star ID`, the second time, so that everything is imported."""
    for name, part in (("DATA", "data"), ("STATE", "state"), ("CONFIG", "config")):
        os.environ[f"XDG_{name}_HOME"] = str(home / part)
    os.environ["XDG_CACHE_HOME"] = str(home / "cache")
    for article, is_followed in (("3.md", False), ("4.md", True)):
        context = flow.followed() if is_followed else contextlib.nullcontext()
        with contextlib.redirect_stdout(io.StringIO()), context:
            cli.run(["mark", "star", article, "--library", str(library.folder)])


def follow_letter(flow: Flow, library: Library) -> None:
    """From the text in the box to rows, as the reader asks, with the index open."""
    for text in ("titl", "title"):
        with flow.followed() if text == "title" else contextlib.nullcontext():
            library.search.window(parse(text, typing=True), 0, 50, fold=True, quick=True)


async def follow_star(flow: Flow, library: Library) -> None:
    """`s` in the reader, from the key to the disk and back to the row."""
    async with reading(library) as reader:
        await reader.press("s")
        await reader.press("s")
        await reader.press("j")
        with flow.followed():
            await reader.press("s")


def main() -> None:
    """Follow each flow and print it."""
    listed = "--list" in sys.argv
    flow = Flow()
    follow_sql(flow)
    threading.setprofile(flow.profile)
    sys.setprofile(flow.profile)
    with tempfile.TemporaryDirectory() as home, real_library(Path(home), 28) as library:
        asyncio.run(follow_star(flow, library))
        flow.told("star", listed=listed)
        flow.begin()
        follow_mark(flow, library, Path(home))
        flow.told("mark", listed=listed)
        flow.begin()
        follow_letter(flow, library)
        flow.told("letter", listed=listed)


if __name__ == "__main__":
    main()
