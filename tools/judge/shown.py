"""Compare the words that are indexed of real articles with those of their pages.

`python -m tools.judge.shown` takes every tenth article of the shared test data, `--every 1` all of
them; it prints each article where a word is found that its page does not show, or not found that it
shows, and how many these are. Numbers are left out: a page numbers lists and footnotes itself.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tests.support.shared import corpus

from rilo_reader.article import Article
from rilo_reader.dialects.sites import Sites
from rilo_reader.query.tokens import GAP, prepare_text
from rilo_reader.render.document import NO_TEXT, visible_text
from rilo_reader.render.shown_text import read_shown_text
from rilo_reader.store.folder import UnreadableError, read_article, scan_folder

_ADDED = re.compile(r"\[(?:image|embedded)(?=[:\]])|↩")
_KINDS = {"video", "audio"}  # what a page says in place of one; texts say it too


def words_of(text: str) -> set[str]:
    """The words of a text, as they are indexed."""
    return {word for word in prepare_text(text).split() if word != GAP and not word.isdigit()}


def compared(article: Article) -> tuple[set[str], set[str]]:
    """What is found and not shown of an article, and what is shown and not found."""
    page = visible_text(article)
    page = "" if page.strip() == NO_TEXT else _ADDED.sub(" ", page)
    found, seen, title = (
        words_of(text)
        for text in (read_shown_text(article.text, article.dialect).text, page, article.title)
    )
    return found - seen - title, seen - found - title - _KINDS


def main() -> int:
    """Judge the shared articles; 1 where more than one in a hundred differs."""
    parser = argparse.ArgumentParser(prog="python -m tools.judge.shown", description=__doc__)
    parser.add_argument("--every", type=int, default=10, help="compare one article of so many (10)")
    parser.add_argument("--folder", type=Path, help="other articles than the shared ones")
    wishes = parser.parse_args()
    folder = wishes.folder or corpus("md")
    names = sorted(entry.path for entries in scan_folder(folder) for entry in entries)[
        :: wishes.every
    ]
    sites = Sites(folder)
    judged = hidden = unfound = 0
    for name in names:
        try:
            extra, missing = compared(read_article(folder, name, site=sites.of(name)))
        except UnreadableError:
            continue
        judged, hidden, unfound = judged + 1, hidden + bool(extra), unfound + bool(missing)
        if extra or missing:
            print(f"{name}: not shown {sorted(extra)[:8]}, not found {sorted(missing)[:8]}")
    print(f"{judged:,} articles: {hidden} have words that no page shows, {unfound} lack some")
    return int(100 * max(hidden, unfound) > judged)


if __name__ == "__main__":
    sys.exit(main())
