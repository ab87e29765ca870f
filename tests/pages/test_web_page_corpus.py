"""Samples, and some real pages, are read at least as well as the best library alone reads them.

`python -m tools.judge.pages` judges all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

import pytest
from tools.judge.pages import (
    Page,
    defuddle,
    f1,
    library_markdown,
    library_text,
    likeness,
    mozilla,
    ours,
    plain,
    sample_pages,
    strings,
    trafilatura_pages,
    words_in_common,
)

Pages = Callable[[], Iterable[Page]]


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(sample_pages, id="samples"),
        pytest.param(lambda: islice(mozilla(), 0, None, 4), id="corpus", marks=pytest.mark.corpus),
    ],
)
def test_articles_are_found_as_readability_expects_them(suite: Pages) -> None:
    pages = list(suite())
    here = sum(words_in_common(plain(ours(page)), page.expected) for page in pages)
    there = sum(words_in_common(library_text(page), page.expected) for page in pages)
    assert here >= there
    assert here >= 0.93 * len(pages)


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(sample_pages, id="samples"),
        pytest.param(
            lambda: islice(trafilatura_pages(), 0, None, 20), id="corpus", marks=pytest.mark.corpus
        ),
    ],
)
def test_what_must_be_there_is_and_what_must_not_is_not(suite: Pages) -> None:
    here: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for page in suite():
        here += strings(plain(ours(page)), page)
        there += strings(library_text(page), page)
    assert f1(here) >= f1(there)
    assert f1(here) >= 0.88


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(lambda: sample_pages(markdown=True), id="samples"),
        pytest.param(lambda: islice(defuddle(), 0, None, 4), id="corpus", marks=pytest.mark.corpus),
    ],
)
def test_markdown_is_like_what_defuddle_expects(suite: Pages) -> None:
    pages = [page for page in suite() if len(page.data) < 60_000]
    here = sum(likeness(ours(page), page.expected) for page in pages)
    there = sum(likeness(library_markdown(page), page.expected) for page in pages)
    assert here >= there
    assert here >= 0.83 * len(pages)
