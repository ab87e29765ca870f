"""The text of an article as it is seen, in which highlights are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rilo_reader.article import Article
    from rilo_reader.render.page import Page


def visible_text(article: Article, *, in_vault: bool = False) -> str:
    """The text of an article's body, each paragraph as one line.

    The text at any other width differs in white space alone, but for tables, whose cells a narrow
    page breaks.

    Args:
        article: the article.
        in_vault: whether it is in an Obsidian vault, whose comments are not shown.
    """
    from rilo_reader.render.document import WIDEST, Layout, whole

    return page_text(whole(article, Layout(WIDEST, in_vault=in_vault), ""))


def page_text(page: Page) -> str:
    """The text of the body on a page, without what is not the article's: bars, bullets, margins."""
    parts: list[str] = []
    for line in page.lines[page.head_lines :]:
        text = line.text
        parts += (text[line.indent : len(text) - line.tail], line.joint)
    return "".join(parts)
