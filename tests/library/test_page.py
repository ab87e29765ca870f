"""docs/library.md: its blocks run as they stand, and what is public is written down."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from enum import EnumType
from inspect import Parameter, Signature, isclass, signature
from pathlib import Path
from typing import Any

import pytest

from rilo_reader import library, query
from rilo_reader.cli import all_verbs
from rilo_reader.commands import commands_by_id, replacements_by_id
from rilo_reader.config.all_settings import setting_names
from rilo_reader.feeds.subscriptions import FEEDS
from rilo_reader.library import ArticleId, Library
from rilo_reader.library.follower import FolderFollower
from rilo_reader.library.search import ArticleSearch
from rilo_reader.query.tree import OTHER_FIELDS, WORD_FIELDS
from rilo_reader.store.article_fields import KNOWN
from rilo_reader.store.state import State
from tests.support.plugins import every_plugin

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs" / "library.md").read_text(encoding="utf-8")
PUBLIC = TESTS / "golden" / "public.txt"
PARTS: dict[str, type] = {
    "a `Library`": Library,
    "`library.search`": ArticleSearch,
    "`library.state`": State,
    "`library.follower`": FolderFollower,
}


def test_the_page_is_a_script_that_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    for folder in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{folder}_HOME", raising=False)
    blocks = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", PAGE, re.M | re.S)
    assert len(blocks) == PAGE.count("```python") > 4
    names: dict[str, Any] = {}
    for block, expected in blocks:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(block, names)
        assert printed.getvalue().rstrip() == expected.rstrip(), block


@every_plugin
def test_nothing_public_is_gone_or_changed() -> None:
    """See 'What you can rely on' in docs/library.md; a line may go when its time is over.

    The file is what the last release had: `python -m tests.library.test_page` writes it anew. What
    is added at the end of a signature changes nothing for those who do not use it.
    """
    now = list(public())
    gone = set(PUBLIC.read_text(encoding="utf-8").splitlines()) - set(now)
    assert {old for old in gone if not any(new.startswith(f"{old[:-1]}, ") for new in now)} == set()


def test_every_part_that_the_page_names_is_public() -> None:
    named = set(re.findall(r"library\.(search|state|follower)\.(\w+)", PAGE))
    assert named
    assert {name for part, name in named if name not in methods(f"`library.{part}`")} == set()
    used = set(re.findall(r"\blibrary\.(\w+)\(", PAGE)) - {"search", "state", "follower"}
    assert used <= set(methods("a `Library`"))


def public() -> Iterator[str]:
    """One line for each thing that scripts, settings or habits may rely on."""
    for package in (library, query):
        for name in sorted(package.__all__):
            yield f"{package.__name__}.{name}{shape(getattr(package, name))}"
    for part, room in PARTS.items():
        for name in methods(part):
            member = getattr(room, name, None)  # None: an attribute that `__init__` sets
            yield f"{part}: {name}{shape(member) if callable(member) else ''}"
    keys = {
        "settings.toml": setting_names(),
        "feeds.toml": FEEDS.row_type._fields,
        "front matter": KNOWN,
        "query": (*WORD_FIELDS, *OTHER_FIELDS),
        "verb": all_verbs(),
        "command": [*commands_by_id(), *replacements_by_id()],
    }
    for kind, names in keys.items():
        yield from sorted(f"{kind}: {name}" for name in names)


def methods(part: str) -> list[str]:
    """The names in the row of a part of the library."""
    [row] = re.findall(rf"^\| {re.escape(part)} \| (.*) \|$", PAGE, re.M)
    return re.findall(r"`(\w+)`", row)


def shape(thing: Any) -> str:
    """Parameters, fields or values, without types, which Python's versions write differently."""
    if isinstance(thing, EnumType):
        return f": {' '.join(map(str, thing))}"
    # The library is opened by `open_library`, and errors are raised by the program.
    if thing in (Library, ArticleId) or (isclass(thing) and issubclass(thing, Exception)):
        return ""
    given = signature(thing)
    bare = [one.replace(annotation=Parameter.empty) for one in given.parameters.values()]
    return str(given.replace(parameters=bare, return_annotation=Signature.empty))


if __name__ == "__main__":
    PUBLIC.write_text("".join(f"{line}\n" for line in public()), encoding="utf-8")
