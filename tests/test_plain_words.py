"""Texts for users say what people would say: what CONTRIBUTING asks for, held by patterns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PAGES = (
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "articles/guide").glob("*.md")),
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "journal-format.md"),
)
HELP = sorted((ROOT / "tests/golden").glob("help-*.txt"))

PATTERNS = {
    "is not a …": r"(?<!there )\b(?:is|are|was|were) no "
    r"(?!longer|more|less|larger|smaller|other)\w",
    "is not one": r"\b(?:it|that|which) is (?-i:none)\b",
    "you, somebody": r"\bwhoever\b|\bwhat one \w|\bone's\b|\bthe line one\b",
    "you …": r"\b(?:while|where|if|when|what) one "
    r"(?:reads|types|goes|collects|wants|has|may|can)\b",
    "again, rebuilt": r"\banew\b",
    "also, even": r"\bbe it\b",
    "automatically": r"\bof (?:its|their) own accord\b",
    "no effect": r"\bcomes? to nothing\b",
    "similar": r"\btheir kin\b",
    "at most, only": r"\bno more than\b",
    "is no longer": r"\b(?:is|are) (?:no|not) (?:\w+ ){1,3}any more\b",
    "turn the sentence": r"\bwhat (?:one|is|was|they) [a-z]+ (?:is|are|stays|waits|goes)\b",
    "by whom": r"\bhas [a-z]+ (?:done|read|written|compiled) by\b",
    "an error message": r"\bwith a sentence\b",
    "the internet": r"\bpublic net\b|\bon the net\b",
}
"""What a person would not say, by what is said instead."""

EXCEPTIONS = {
    "dated anew": "the word of the journal format, `anew`, for changes that got new dates",
    "'pass show desk'": "an example: the name of a password",
}
"""Phrases with a pattern that are right, each with the reason."""

ONLY_USERS = {
    "change": r"\bgestures?\b",
    "quarantined": r"\bset aside\b",
    "device": r"(?<![/@])\bdesks?\b(?![./@])",
    "cache, library": r"\bshel(?:f|ves)\b",
    "plugin": r"\badd-ons?\b",
}
"""Terms that users do not read, by the term that they read: one term for one meaning."""

ABOUT_CODE = {"architecture.md", "testing.md", "features.md", "CONTRIBUTING.md", "library.md"}
"""Pages for programmers, who read the words of the code."""

NAMES_IN_HELP = re.compile(r"\bundoes, gesture; of a note|\bgesture, dry_run")
"""Fields of JSON, which keep their names."""

MENDED = (
    *("enter looks", "esc everything", "enter keeps it", "the articles that came", "you stand on"),
    *("print the truth", "joins in where", "or their kin", "a stick carr", "notes are no articles"),
    *("the system keeps it", "appear by themselves", "and comes back.", "travels both ways"),
    *("stands in feeds.toml", "is no tag any more", "nowhere to collect", "names no source"),
    *("filed nowhere", "took the star away", "take back what was done", "what your mutes hide is"),
)


def _found(text: str, patterns: dict[str, str]) -> list[str]:
    """What a text has of patterns, with what would be said instead."""
    text = " ".join(text.split())
    for phrase in EXCEPTIONS:
        text = text.replace(phrase, "")
    return [
        f"{match[0]!r} → {instead}"
        for instead, pattern in patterns.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


def _prose(page: Path) -> str:
    """The text of a page without code, and in the list of features without names of tests."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    return re.sub(r"`[^`\n]*`|\]\([^)\n]*\)", "", text)


def _messages(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The strings of a module that are sentences: no docstrings, statements of SQL or patterns."""
    nodes = [*ast.walk(tree)]
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    joined = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if id(node) in docs or id(node) in joined:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        else:
            continue
        if not re.search(
            r"\b(?:SELECT|INSERT|UPDATE|DELETE|DROP|CREATE|WHERE|select)\b|temp\.|\\b|:: ", text
        ):
            yield node.lineno, text


_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def _docstrings(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    """The docstrings of a module and of its public names."""
    yield ast.get_docstring(node) or ""
    for part in node.body:
        if isinstance(part, ast.ClassDef) and not part.name.startswith("_"):
            yield from _docstrings(part)
        elif isinstance(part, _FUNCTIONS) and not part.name.startswith("_"):
            yield ast.get_docstring(part) or ""


@pytest.mark.slow
def test_messages_and_docstrings_of_public_names_are_plain() -> None:
    found = []
    for source in SOURCES:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        texts = [(line, text) for line, text in _messages(tree) if " " in text]
        texts += [(0, re.sub("`[^`]*`", "", text)) for text in _docstrings(tree)]
        found += [
            f"{source.name}:{line}: {one}" for line, text in texts for one in _found(text, PATTERNS)
        ]
    assert found == []


def test_pages_and_help_are_plain() -> None:
    found = []
    for page in (*PAGES, *HELP):
        text = _prose(page) if page.suffix == ".md" else page.read_text(encoding="utf-8")
        ours = [] if page.name in ABOUT_CODE else _found(NAMES_IN_HELP.sub("", text), ONLY_USERS)
        found += [f"{page.name}: {one}" for one in (*_found(text, PATTERNS), *ours)]
    assert found == []


def test_help_begins_with_one_line_that_says_what_a_command_does() -> None:
    abouts = {file.name: file.read_text(encoding="utf-8").split("\n\n")[1] for file in HELP}
    assert {name: one for name, one in abouts.items() if "\n" in one or one[-1] != "."} == {}


def test_mended_phrases_do_not_come_back() -> None:
    found = []
    for file in (*SOURCES, *PAGES, *HELP):
        text = " ".join(file.read_text("utf-8").lower().split())
        found += [f"{file.name}: {phrase}" for phrase in MENDED if phrase in text]
    assert found == []


def test_a_page_has_no_conflict_markers_of_git() -> None:
    """A merge that was landed half done shows both versions to readers."""
    of_git = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
    assert [page.name for page in PAGES if of_git.search(page.read_text("utf-8"))] == []
