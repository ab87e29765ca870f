"""Stylesheets name only widgets that exist: Textual ignores rules for others without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from textual.dom import DOMNode

import rilo_reader

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SELECTORS = re.compile(r"([^{};]+)\{")
WIDGET = re.compile(r"(?<![\w.#$:-])[A-Z]\w*")


def kinds_of(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """All classes below one."""
    for each in kind.__subclasses__():
        yield each
        yield from kinds_of(each)


def widgets_in(css: str) -> set[str]:
    """The classes that the selectors of a stylesheet name."""
    selectors = SELECTORS.findall(COMMENT.sub("", css))
    return {name for selector in selectors for name in WIDGET.findall(selector)}


def test_names_in_selectors_are_found() -> None:
    css = "/* Not { this } */ A, B > .c D:focus { color: $Red; &.-Low #E F-G { color: Blue; } }"
    assert widgets_in(css) == {"A", "B", "D", "F"}


def test_every_widget_in_a_stylesheet_exists() -> None:
    source = Path(rilo_reader.__file__).parent
    for file in source.rglob("*.py"):
        if "DEFAULT_CSS" in file.read_text("utf-8"):
            import_module(".".join(file.relative_to(source.parent).with_suffix("").parts))
    kinds = set(kinds_of(DOMNode))
    names = {kind.__name__ for kind in kinds}
    ours = [kind for kind in kinds if kind.__module__.startswith("rilo_reader.")]
    sheets = {kind: kind.__dict__.get("DEFAULT_CSS", "") for kind in ours}
    assert sum(map(bool, sheets.values())) > 20
    unknown = {kind.__name__: widgets_in(css) - names for kind, css in sheets.items()}
    assert not {kind: missing for kind, missing in unknown.items() if missing}
