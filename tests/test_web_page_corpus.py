"""A sample of real pages is read at least as well as the best library alone reads it.

`python -m tests.pages` judges all of them.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice

from tests.pages import (
    defuddle,
    f1,
    library_markdown,
    library_text,
    likeness,
    mozilla,
    ours,
    plain,
    strings,
    trafilatura_pages,
    words_in_common,
)


def test_articles_are_found_as_readability_expects_them() -> None:
    pages = list(mozilla())[::4]
    here = sum(words_in_common(plain(ours(page)), page.expected) for page in pages)
    there = sum(words_in_common(library_text(page), page.expected) for page in pages)
    assert here >= there
    assert here >= 0.93 * len(pages)


def test_what_must_be_there_is_and_what_must_not_is_not() -> None:
    here: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for page in islice(trafilatura_pages(), 0, None, 20):
        here += strings(plain(ours(page)), page)
        there += strings(library_text(page), page)
    assert f1(here) >= f1(there)
    assert f1(here) >= 0.88


def test_markdown_is_like_what_defuddle_expects() -> None:
    pages = [page for page in list(defuddle())[::4] if len(page.data) < 60_000]
    here = sum(likeness(ours(page), page.expected) for page in pages)
    there = sum(likeness(library_markdown(page), page.expected) for page in pages)
    assert here >= there
    assert here >= 0.83 * len(pages)
