"""Change the source in one place at a time, and see whether a test notices.

    python -m tools.mutation [--sample 500] [--seed 1] [--out FILE] ROOM...
    python -m tools.mutation [--like FILE | --left FILE] [--out FILE] [ROOM...]

A sample of mutants (a comparison turned round, a number moved by one, a call taken out, …) of rooms
is tried, each in a process of its own, with the quick tests that reach its line; the first that
fails ends it. A room is a folder or a file below src/rilo_reader: `store`, `plugins/archive`,
`dates`. Of an earlier run, `--like` tries those again that died, and `--left` the others, with
every test that reaches them: wherever they stand now, by their function and their line, or by the
line alone where a function has another name. Which tests reach what is asked once and kept in
`.coverage`. The checkout is copied, and not changed. Needs pytest-cov.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import multiprocessing
import os
import queue
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import pytest

import coverage
from tools.without import ROOT, copy

PACKAGE = Path("src/rilo_reader")
TIME_LIMIT = 400.0  # s, for a machine that does other things too
SHOWN = 60  # tests at a time; of a sample each mutant is shown to so many at most
PROCESSOR_LIMIT = 180  # s of it, of one mutant; what runs on has died
# What each trial would import anew. Nothing of ours: that is what differs.
PRELOAD = ["__main__", "_pytest.assertion.rewrite", "hypothesis.strategies", "pytest_asyncio"]
PRELOAD += ["_hypothesis_pytestplugin", "xdist.plugin", "pytest_timeout", "pytest_cov.plugin"]
PRELOAD += ["textual.app", "textual.pilot", "textual.widgets", "rich.markdown", "tantivy", "yaml"]

COMPARISONS = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
OPERATORS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.BitOr: "&", ast.BitAnd: "|"}


class Mutant(NamedTuple):
    """One change of one file."""

    file: str  # below src/rilo_reader
    function: str  # Class.function it stands in
    lines: range  # of that function
    line: str  # the source line, stripped
    number: int  # of the line
    start: int  # offsets into the file's bytes
    end: int
    old: str
    new: str

    @property
    def identity(self) -> str:
        """What it is called, wherever its function stands."""
        return " | ".join([self.function, self.line, self.old, self.new])

    @property
    def change(self) -> str:
        """What it is called where its function has another name."""
        return " | ".join([self.line, self.old, self.new])


class SourceFile:
    """A file, and every mutant of it."""

    def __init__(self, path: Path) -> None:
        self._name = str(path.relative_to(ROOT / PACKAGE))
        self._bytes = path.read_bytes()
        self._lines = self._bytes.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def mutants(self) -> Iterator[Mutant]:
        """Every mutant but of annotations, which nothing runs."""
        return self._visit(ast.parse(self._bytes), "", range(0))

    def _visit(self, node: ast.AST, function: str, lines: range) -> Iterator[Mutant]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}".lstrip(".")
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        change = (self._of_operator(node) or self._of_value(node)) if function else None
        if change:
            number, start, end, new = change
            line = self._lines[number - 1].strip().decode()
            old = self._bytes[start:end].decode()
            yield Mutant(self._name, function, lines, line, number, start, end, old, new)
        if isinstance(node, ast.JoinedStr):
            return  # Python 3.11 does not know where the parts of an f-string stand
        types = _types(node)
        for child in ast.iter_child_nodes(node):
            if child not in types:
                yield from self._visit(child, function, lines)

    def _of_operator(self, node: ast.AST) -> tuple[int, int, int, str] | None:
        match node:
            case ast.Compare(ops=[op], comparators=[right]) if type(op) in COMPARISONS:
                return self._between(node.left, right, COMPARISONS[type(op)])
            case ast.BoolOp(values=[left, right, *_]):
                return self._between(left, right, "or" if isinstance(node.op, ast.And) else "and")
            case ast.BinOp() if type(node.op) in OPERATORS:
                return self._between(node.left, node.right, OPERATORS[type(node.op)])
            case ast.UnaryOp(op=ast.Not()):
                return self._whole(node, f"bool({ast.unparse(node.operand)})")
            case ast.If() | ast.IfExp():
                return self._whole(node.test, f"not ({ast.unparse(node.test)})")
        return None

    def _of_value(self, node: ast.AST) -> tuple[int, int, int, str] | None:
        match node:
            case ast.Constant(value=bool(value)):
                return self._whole(node, str(not value))
            case ast.Constant(value=int(number)):
                return self._whole(node, str(number + 1))
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                return self._whole(value, "None")
            case ast.Expr(value=ast.Call() | ast.Await() as value):
                return self._whole(value, "None")
            case ast.Continue():
                return self._whole(node, "break")
        return None

    def _whole(self, part: ast.expr | ast.stmt, new: str) -> tuple[int, int, int, str]:
        start = self._offset(part.lineno, part.col_offset)
        return part.lineno, start, self._offset(part.end_lineno or 0, part.end_col_offset or 0), new

    def _between(self, left: ast.expr, right: ast.expr, new: str) -> tuple[int, int, int, str]:
        start = self._offset(left.end_lineno or 0, left.end_col_offset or 0)
        end = self._offset(right.lineno, right.col_offset)
        gap = self._bytes[start:end].decode()
        changed = f"{')' * gap.count(')')} {new} {'(' * gap.count('(')}"
        return left.end_lineno or 0, start, end, changed

    def _offset(self, number: int, column: int) -> int:
        return self._starts[number - 1] + column  # ast counts columns in bytes


def _types(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that only say what types there are."""
    match node:
        case ast.arg(annotation=ast.expr() as annotation):
            return [annotation]
        case ast.FunctionDef(returns=ast.expr() as annotation):
            return [annotation]
        case ast.AsyncFunctionDef(returns=ast.expr() as annotation):
            return [annotation]
        case ast.AnnAssign(
            annotation=ast.Name(id="TypeAlias") as annotation, value=ast.expr() as of
        ):
            return [annotation, of]
        case ast.AnnAssign(annotation=annotation):
            return [annotation]
        case ast.Call(func=ast.Name(id="cast"), args=[annotation, *_]):
            return [annotation]
        case ast.Subscript(slice=parameters) if any(  # as in `dict[str, int | None]`
            isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr)
            for part in ast.walk(parameters)
        ):
            return [parameters]
    return []


def mutants(rooms: Sequence[str]) -> list[Mutant]:
    """Every mutant of these rooms."""
    found = []
    for room in rooms:
        place = ROOT / PACKAGE / room
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        found += [mutant for file in files for mutant in SourceFile(file).mutants()]
    return found


def again(rows: Iterable[Mapping[str, str]], there: Sequence[Mutant]) -> list[Mutant | None]:
    """The mutants of an earlier run as they are now; None for each that cannot be made any more.

    Of several that are called alike, the one whose file has the old name.
    """
    named, changes = defaultdict(list), defaultdict(list)
    for mutant in there:
        named[mutant.identity].append(mutant)
        changes[mutant.change].append(mutant)
    found: list[Mutant | None] = []
    for row in rows:
        function, change = row["identity"].split(" | ", 1)
        alike = named[row["identity"]]
        if not alike and len(changes[change]) == 1:
            alike = changes[change]
        if not alike:
            method = function.rpartition(".")[2]
            alike = [one for one in changes[change] if one.function.rpartition(".")[2] == method]
        alike.sort(key=lambda one: Path(one.file).name == Path(row["file"]).name)
        alike.sort(key=lambda one: one.file == row["file"])
        found.append(alike[-1] if alike else None)
    return found


def tests_of(rooms: Sequence[str]) -> list[str]:
    """Where the tests of rooms lie; for no room, all."""
    folders = [f"tests/{room}" for room in rooms if (ROOT / "tests" / room).is_dir()]
    names = [Path(room).stem for room in rooms]
    files = [file for name in names for file in (ROOT / "tests").glob(f"test_{name}*.py")]
    return folders + [str(file.relative_to(ROOT)) for file in files]


def covering(checkout: Path, rooms: Sequence[str]) -> dict[tuple[str, int], list[str]]:
    """The tests that reach each line of each file, after one run of those of rooms."""
    kept = ROOT / ".coverage"
    if not kept.exists():
        wanted = ["--cov=rilo_reader", "--cov-context=test", "--cov-report=", "--timeout=600"]
        environment = os.environ | {"PYTHONPATH": str(checkout / "src"), "COVERAGE_FILE": str(kept)}
        command = [sys.executable, "-m", "pytest", "-n", "2", *wanted, *tests_of(rooms)]
        subprocess.run(command, cwd=checkout, env=environment, check=False)
    data = coverage.CoverageData(str(kept))
    data.read()
    reached: dict[tuple[str, int], list[str]] = {}
    for file in data.measured_files():
        name = file.partition(f"/{PACKAGE}/")[2]
        for line, contexts in data.contexts_by_lineno(file).items():
            reached[name, line] = sorted({test.rpartition("|")[0] for test in contexts if test})
    return reached


def reaching(mutant: Mutant, reached: Mapping[tuple[str, int], Sequence[str]]) -> list[str]:
    """The tests that reach a mutant's line; what runs only at import, those of its function."""
    if tests := reached.get((mutant.file, mutant.number)):
        return list(tests)
    inner = {test for line in mutant.lines for test in reached.get((mutant.file, line), ())}
    return sorted(inner) if (mutant.file, mutant.number) in reached else []


def in_order(mutant: Mutant, tests: Collection[str]) -> list[str]:
    """Tests of a mutant: those of its room first, one of each file before the second of any."""
    room = mutant.file.removesuffix(".py").rpartition("/")[0] or Path(mutant.file).stem
    seen: Counter[str] = Counter()
    ranked = []
    for test in tests:
        file = test.partition("::")[0]
        near = file.startswith((f"tests/{room}/", f"tests/test_{room}"))
        ranked.append((not near, seen[file], test))
        seen[file] += 1
    return [test for _, _, test in sorted(ranked)]


class _FirstFailure:
    """A plugin of pytest that sends the name of the first test that fails."""

    def __init__(self, told: Connection) -> None:
        self._told = told

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            with contextlib.suppress(OSError):
                self._told.send(report.nodeid)


def _run(checkout: str, tests: Sequence[str], told: Connection) -> None:
    """Run tests in a checkout, in a process that has imported nothing of it."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_LIMIT, PROCESSOR_LIMIT))
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.chdir(checkout)
    places = [f"{checkout}/src", checkout]
    sys.path[:] = places + [place for place in sys.path if Path(place) not in {ROOT, ROOT / "src"}]
    os.environ["PYTHONPATH"] = os.pathsep.join(places)
    options = ["-n", "0", "-x", "-p", "no:cacheprovider", "--timeout", "120", *tests]
    os._exit(pytest.main(options, plugins=[_FirstFailure(told)]))


class Trial(NamedTuple):
    """What became of a mutant."""

    outcome: str  # "died", "lived", "unreached", "unclear" or "gone"
    by: str = ""  # the first test that failed


def trial(checkout: Path, tests: Sequence[str]) -> Trial:
    """Run tests in a checkout until one fails."""
    context = multiprocessing.get_context("forkserver")
    told, telling = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(str(checkout), tests, telling))
    process.start()
    telling.close()
    process.join(TIME_LIMIT)
    code = process.exitcode
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    with contextlib.suppress(EOFError):
        return Trial("died", told.recv())
    match code:
        case 0 | 5:
            return Trial("lived")
        case None:
            return Trial("died", "time")
        case 1 | 2 | 3:
            return Trial("died", "import")
    return Trial("died", "processor") if code < 0 else Trial("unclear")


class Trials:
    """Copies of the checkout, each for one mutant at a time."""

    def __init__(self, folder: Path, number: int) -> None:
        self._free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._number = 0
        for index in range(number):
            (folder / str(index)).mkdir()
            copy(folder / str(index), ())
            self._free.put(folder / str(index))

    def of(self, mutant: Mutant, tests: Sequence[str]) -> Trial:
        """Show a mutant to tests, in a copy that is free, until one fails."""
        became = Trial("unreached")
        checkout = self._free.get()
        path = checkout / PACKAGE / mutant.file
        before, stat = path.read_bytes(), path.stat()
        try:
            path.write_bytes(before[: mutant.start] + mutant.new.encode() + before[mutant.end :])
            self._number += 1  # a moment of its own: bytecode of two mutants is never taken for one
            os.utime(path, (self._number, self._number))
            for at in range(0, len(tests), SHOWN):
                became = trial(checkout, tests[at : at + SHOWN])
                if became.outcome != "lived":
                    break
            return became
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            self._free.put(checkout)

    def unchanged(self, tests: Sequence[str]) -> Trial:
        """Show nothing to tests."""
        checkout = self._free.get()
        try:
            return trial(checkout, tests)
        finally:
            self._free.put(checkout)


def listed(options: argparse.Namespace) -> list[tuple[dict[str, str], Mutant | None]]:
    """What is to be tried: rows of the report, each with its mutant, or None if there is none."""
    everything = mutants(options.rooms or ["."])
    random.Random(options.seed).shuffle(everything)
    if not (earlier := options.like or options.left):
        chosen = everything[: options.sample]
        return [({"identity": one.identity, "file": one.file}, one) for one in chosen]
    wanted = {"died"} if options.like else {"lived", "unreached", "unclear"}
    rows = [row for row in json.loads(earlier.read_text()) if row["outcome"] in wanted]
    rows = rows[: options.sample]
    return [
        ({"identity": row["identity"], "file": one.file if one else row["file"]}, one)
        for row, one in zip(rows, again(rows, everything), strict=True)
    ]


def main() -> None:
    """Try a sample, and print what lived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*")
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--left", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, str]] = []

    def tell(row: dict[str, str], mutant: Mutant | None, became: Trial) -> None:
        rows.append(row | {"outcome": became.outcome, "by": became.by})
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1))
        if became.outcome != "died":
            line = (
                f":{mutant.number} {mutant.line} [{mutant.old} -> {mutant.new}]" if mutant else ""
            )
            print(f"{became.outcome} {row['file']}{line or ' ' + row['identity']}", flush=True)

    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOAD)
    with tempfile.TemporaryDirectory(prefix="rilo-mutants.") as folder:
        trials = Trials(Path(folder), options.jobs)
        reached = covering(Path(folder) / "0", options.rooms)

        def attempt(mutant: Mutant | None) -> Trial:
            if mutant is None:
                return Trial("gone")
            tests = in_order(mutant, reaching(mutant, reached))
            return trials.of(mutant, tests if options.like or options.left else tests[:SHOWN])

        wanted = listed(options)
        with ThreadPoolExecutor(options.jobs) as pool:
            for (row, mutant), became in zip(
                wanted, pool.map(attempt, [mutant for _, mutant in wanted]), strict=True
            ):
                tell(row, mutant, became)
        killers = {row["by"] for row in rows if "::" in row["by"]}
        while killers and (failing := trials.unchanged(sorted(killers)).by):
            killers.discard(failing)
            print(f"fails without any mutant: {failing}")
            for row in rows:
                row["outcome"] = "unclear" if row["by"] == failing else row["outcome"]
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1))
    counts = Counter(row["outcome"] for row in rows)
    print(", ".join(f"{number} {name}" for name, number in sorted(counts.items())))


if __name__ == "__main__":
    main()
