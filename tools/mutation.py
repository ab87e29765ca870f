"""Change the source in one place at a time, and see whether a test notices.

    python -m tools.mutation [--sample 500] [--seed 1] [--out FILE] ROOM...
    python -m tools.mutation [--like FILE | --left FILE] [--out FILE] ROOM...

A sample of mutants (a comparison turned round, a number moved by one, a call taken out, …) of the
rooms below src/rilo_reader is tried, each in a process of its own, with the quick tests that reach
its line. Of an earlier run that can still be made, `--like` tries those again that died, and
`--left` the others, with every test that reaches them. Needs pytest-cov and a clean checkout, which
it changes and puts right again: run it in a clone.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import coverage

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "rilo_reader"
TESTS = ["store", "feeds", "query", "parsers", "library", "index", "cli", "hostile", "plugins"]
TIME_LIMIT = 120.0  # s; a mutant that hangs has died

COMPARISONS = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
OPERATORS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.BitOr: "&", ast.BitAnd: "|"}


class Mutant(NamedTuple):
    """One change of one file."""

    file: str  # below src/rilo_reader
    function: str  # Class.function it stands in
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


class SourceFile:
    """A file, and every mutant of it."""

    def __init__(self, path: Path) -> None:
        self._name = str(path.relative_to(SOURCE))
        self._bytes = path.read_bytes()
        self._lines = self._bytes.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def mutants(self) -> Iterator[Mutant]:
        """Every mutant."""
        return self._visit(ast.parse(self._bytes), "")

    def _visit(self, node: ast.AST, function: str) -> Iterator[Mutant]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}".lstrip(".")
        change = (self._of_operator(node) or self._of_value(node)) if function else None
        if change:
            number, start, end, new = change
            line = self._lines[number - 1].strip().decode()
            old = self._bytes[start:end].decode()
            yield Mutant(self._name, function, line, number, start, end, old, new)
        if isinstance(node, ast.JoinedStr):
            return  # Python 3.11 does not know where the parts of an f-string stand
        for child in ast.iter_child_nodes(node):
            if not (isinstance(node, ast.arg | ast.AnnAssign) and child is node.annotation):
                yield from self._visit(child, function)

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


def covering() -> dict[tuple[str, int], list[str]]:
    """The tests that reach each line of each file, after one run with coverage."""
    if not (ROOT / ".coverage").exists():
        folders = [f"tests/{room}" for room in TESTS]
        wanted = ["--cov=rilo_reader", "--cov-context=test", "--cov-report=", "--timeout=600"]
        subprocess.run([sys.executable, "-m", "pytest", *wanted, *folders], cwd=ROOT, check=False)
    data = coverage.CoverageData(str(ROOT / ".coverage"))
    data.read()
    reached: dict[tuple[str, int], list[str]] = {}
    for file in data.measured_files():
        if SOURCE in Path(file).parents:
            name = str(Path(file).relative_to(SOURCE))
            for line, contexts in data.contexts_by_lineno(file).items():
                reached[name, line] = sorted({test.split("|")[0] for test in contexts if test})
    return reached


def shown(mutant: Mutant, tests: list[str]) -> list[str]:
    """The tests a mutant is shown to: those of its room first, spread over all there are."""
    room = f"tests/{mutant.file.split('/', 1)[0]}/"
    near = [test for test in tests if test.startswith(room)]
    far = [test for test in tests if not test.startswith(room)]
    return near[:: len(near) // 30 + 1] + far[:: len(far) // 10 + 1]


def outcome(mutant: Mutant, tests: list[str]) -> str:
    """'died', 'lived' or 'unreached', by these tests."""
    if not tests:
        return "unreached"
    path = SOURCE / mutant.file
    before = path.read_bytes()
    path.write_bytes(before[: mutant.start] + mutant.new.encode() + before[mutant.end :])
    options = ["-n", "0", "-x", "-q", "-p", "no:cacheprovider", "--timeout", "60"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        run = subprocess.run(
            command, cwd=ROOT, capture_output=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return "died"
    finally:
        path.write_bytes(before)
    return "died" if run.returncode else "lived"


def main() -> None:
    """Try a sample, and print what lived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="+")
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--left", type=Path)
    options = parser.parse_args()
    everything = [
        mutant
        for room in options.rooms
        for path in sorted((SOURCE / room).rglob("*.py"))
        for mutant in SourceFile(path).mutants()
    ]
    reached = covering()
    random.Random(options.seed).shuffle(everything)
    if earlier := options.like or options.left:
        rows_before = json.loads(earlier.read_text())
        wanted = {
            row["identity"]
            for row in rows_before
            if (row["outcome"] == "died") == (earlier is options.like)
        }
        everything = [mutant for mutant in everything if mutant.identity in wanted]
    rows = []
    for mutant in everything[: options.sample]:
        tests = reached.get((mutant.file, mutant.number), [])
        became = outcome(mutant, tests if options.left else shown(mutant, tests))
        row = {"identity": mutant.identity, "file": mutant.file, "outcome": became}
        rows.append(row)
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1))
        if became != "died":
            where = f"{mutant.file}:{mutant.number} {mutant.line}"
            print(f"{became} {where} [{mutant.old} -> {mutant.new}]", flush=True)
    counts = Counter(row["outcome"] for row in rows)
    print(", ".join(f"{number} {name}" for name, number in sorted(counts.items())))


if __name__ == "__main__":
    main()
