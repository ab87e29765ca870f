"""Names that one guesses before opening the file: what CONTRIBUTING asks for, held by counts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from tests.support.source import SOURCE, list_nodes

# Measured before the names were renamed: 57.5 % and 10.1 %.
MOST_OF_ONE_WORD = 0.13
MOST_WITH_A_PARTICIPLE = 0.012

_IRREGULAR = (
    "been begun broken brought built chosen cut done drawn driven fallen felt forgotten found "
    "frozen given gone grown heard held hidden hung kept known laid led left lost made meant met "
    "paid said seen sent shown sought spoken stood sung sunk taken taught thought told torn "
    "understood won worn written"
)
IRREGULAR = frozenset(_IRREGULAR.split())
REGULAR = re.compile(r"[a-z]{2,}[^aeou]ed|[a-z]+[aou]ed")
ED_WORDS = frozenset({"embed", "exceed", "feed", "need", "proceed", "seed", "shed", "speed"})
"""Words that end as participles do, and are verbs or nouns."""

_ADVERBS = (
    "above again anew apart aside at before behind below beside by elsewhere from here how in "
    "now of on since then there to together until what when where who why with without"
)
NO_NOUNS = IRREGULAR | frozenset(_ADVERBS.split())
PUBLIC_CLASSES = {"Hidden", "IndexDamaged", "Skipped"}
"""Classes of docs/library.md, which keep their names, and the error that `Damaged…` would be."""


FORBIDDEN_BEGINNING = re.compile(
    r"(?:What|Whether|Where|Who|Whose|Which|How|Why|The one|Be|Have|Let|That|As)\b"
)
"""How no docstring begins: it names what comes back, or says in the imperative what is done."""


class Function(NamedTuple):
    """A function or method of the source that is neither a property nor a dunder."""

    file: str
    name: str

    @property
    def words(self) -> list[str]:
        """The words of the name."""
        return self.name.strip("_").split("_")


def _modules() -> Iterator[tuple[str, list[ast.AST]]]:
    for file, nodes in list_nodes().items():
        yield str(file.relative_to(SOURCE)), nodes


@cache
def _functions() -> tuple[Function, ...]:
    return tuple(_walk_functions())


def _walk_functions() -> Iterator[Function]:
    for file, nodes in _modules():
        for node in nodes:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            decorators = [ast.unparse(each) for each in node.decorator_list]
            is_property = any(each.endswith(("property", ".setter")) for each in decorators)
            if not is_property and not node.name.startswith("__"):
                yield Function(file, node.name)


def _begins_with_participle(function: Function) -> bool:
    first = function.words[0]
    return first in IRREGULAR or (bool(REGULAR.fullmatch(first)) and first not in ED_WORDS)


def _is_help(node: ast.AST) -> bool:
    """Return whether the docstring of a node is the help of a verb, which users read."""
    return isinstance(node, ast.ClassDef) and node.name.endswith("Verb")


def _worst(functions: Iterable[Function]) -> str:
    """Files with most of these functions, with their names: where to begin."""
    by_file: dict[str, list[str]] = {}
    for function in functions:
        by_file.setdefault(function.file, []).append(function.name)
    worst = sorted(by_file.items(), key=lambda item: -len(item[1]))[:20]
    return "\n".join(f"{file}: {', '.join(names)}" for file, names in worst)


def test_few_functions_have_one_word() -> None:
    functions = _functions()
    found = [each for each in functions if len(each.words) == 1]
    assert len(found) <= MOST_OF_ONE_WORD * len(functions), _worst(found)


def test_few_functions_begin_with_a_participle() -> None:
    functions = _functions()
    found = [each for each in functions if _begins_with_participle(each)]
    assert len(found) <= MOST_WITH_A_PARTICIPLE * len(functions), _worst(found)


def test_participles_are_known() -> None:
    assert [
        name
        for name in (
            "asked",
            "found_it",
            "_added_rows",
            "feed",
            "read_feed",
            "need_login",
            "sealed",
        )
        if _begins_with_participle(Function("", name))
    ] == ["asked", "found_it", "_added_rows", "sealed"]


def test_classes_are_nouns() -> None:
    found = []
    for file, nodes in _modules():
        for node in nodes:
            if not isinstance(node, ast.ClassDef) or node.name in PUBLIC_CLASSES:
                continue
            if any("Message" in ast.unparse(base) for base in node.bases):
                continue  # Textual's messages say what happened
            last = re.findall(r"[A-Z][a-z0-9]*|^_?[a-z]+", node.name)[-1].lower()
            if last in NO_NOUNS or (REGULAR.fullmatch(last) and last not in ED_WORDS):
                found.append(f"{file}: {node.name}")
    assert found == []


def test_a_connection_is_called_connection() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file, nodes in _modules()
        for node in nodes
        if isinstance(node, ast.arg) and node.arg == "on"
    ]
    assert found == []


def test_docstrings_say_what_comes_back_or_is_done() -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        f"{file}:{getattr(node, 'lineno', 1)}: {text.splitlines()[0]}"
        for file, nodes in _modules()
        for node in nodes
        if isinstance(node, documented) and (text := ast.get_docstring(node))
        if FORBIDDEN_BEGINNING.match(text) and not _is_help(node)
    ]
    assert found == []
