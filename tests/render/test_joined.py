"""The visible text: highlights made on it are found on a page of any width."""

from __future__ import annotations

import pytest

from rilo_reader.annotations.anchors import find_anchors, make_anchor
from rilo_reader.article import Article
from rilo_reader.render.document import Layout, render_whole, visible_text
from rilo_reader.render.page import body_text
from rilo_reader.store.folder import read_article
from tests.support.for_each import for_each
from tests.support.rendering import make_article
from tests.support.shared import samples

BODY = """\
A first paragraph with *emphasis*, a [link](https://example.org/a) and `code`.

> A quotation that is long enough for several lines on a narrow page, and has a bar beside it.

1. The first of two items, which is long enough to be broken too.
2. The second item.

象牙は税関で見つかりました。象牙は税関で見つかりました。
"""
WIDTHS = (20, 33, 60, 100)


def test_a_paragraph_is_one_line_without_what_is_not_the_articles() -> None:
    lines = visible_text(make_article(BODY)).split("\n")
    assert "A first paragraph with emphasis, a link and code." in lines
    assert "The second item." in lines
    assert any(line.startswith("A quotation that") and "beside it." in line for line in lines)
    assert "The title" not in lines


@for_each("width", WIDTHS)
def test_only_white_space_depends_on_the_width(width: int) -> None:
    article = make_article(BODY)
    narrow = body_text(render_whole(article, Layout(width), "")).text
    assert narrow.split() == visible_text(article).split()


def _real_articles() -> list[Article]:
    """Samples of all kinds, without the one that is a table: narrow pages break its cells."""
    folder = samples("md")
    files = sorted(set(folder.rglob("*.md")) - {folder / "obsidian/Tables and diagrams.md"})
    return [read_article(folder, file.relative_to(folder).as_posix()) for file in files]


@pytest.mark.slow
@pytest.mark.parametrize("width", [20, 100])
def test_anchors_are_found_at_other_widths(width: int) -> None:
    made = 0
    for article in _real_articles():
        text = visible_text(article)
        spans = [(start, start + 60) for start in range(0, len(text) - 60, 997)]
        anchors = [make_anchor(text, *span) for span in spans if text[slice(*span)].strip()]
        made += len(anchors)
        page = body_text(render_whole(article, Layout(width), "")).text
        for anchor, found in zip(anchors, find_anchors(anchors, page), strict=True):
            assert found is not None, (article.path, anchor)
            assert page[found.start : found.end].split() == anchor.exact.split()
    assert made > 40
