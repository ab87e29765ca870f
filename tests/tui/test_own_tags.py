"""One's own tags are seen: above the article, in the row, in `show` and in exports."""

from __future__ import annotations

import pytest

from tests.support.command_line import User
from tests.support.reader import reading
from tests.support.watched_library import WatchedLibrary, article


@pytest.mark.slow
async def test_own_tags_are_seen_above_the_article_and_in_the_row() -> None:
    library = WatchedLibrary([article(n, tags=("async",), authors=("Cy Chen",)) for n in range(3)])
    async with reading(library) as reader:
        await reader.press("t")
        await reader.type("python")
        await reader.press("enter")
        lines = reader.text()
        (head,) = (line for line in lines if "Cy Chen" in line)
        assert "Cy Chen · #async  +python" in head
        assert any("+python" in line[:44] for line in lines)
        top = next(at for at, line in enumerate(lines) if "+python" in line[44:])
        offset = (lines[top].index("+python", 44) + 2, top)
        await reader.pilot.click(offset=offset)
        await reader.settle()
        assert reader.box == 'tag:="python"'
        assert reader.list.total == 1
        await reader.press("escape", "u")
        assert not any("+python" in line for line in reader.text())


@pytest.mark.slow
async def test_what_is_typed_is_another_tag() -> None:
    library = WatchedLibrary([article(n) for n in range(3)])
    async with reading(library) as reader:
        for tag in ("news", "later"):
            await reader.press("t")
            await reader.type(tag)
            await reader.press("enter")
        assert {*library.state.tags()} == {"news", "later"}


@pytest.mark.slow
async def test_a_narrow_row_gives_the_source_and_the_date_room_first() -> None:
    library = WatchedLibrary([article(n, source="The Source of Everything Else") for n in range(3)])
    async with reading(library, size=(60, 20)) as reader:
        await reader.press("t")
        await reader.paste("a-very-long-tag-of-mine-that-is-long, x")
        await reader.press("enter")
        rows = [line for line in reader.text() if "The Source" in line]
        assert len(rows) == 3
        assert not any("a-very" in row for row in rows)


def test_show_prints_them(user: User) -> None:
    user.write("one.md", "---\ntitle: One\ntags: [async]\n---\nText.\n")
    user.run("mark", "tag", "python", "one.md")
    assert "#async  +python" in user.run("show", "one.md").out
