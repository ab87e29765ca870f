"""Dates such as 12/5/2023: other dates of the site decide whether the day or the month is first."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.article import Article
from rilo_reader.dates import is_ambiguous, read_date
from rilo_reader.store.date_order import day_comes_first
from rilo_reader.store.folder import read_article, read_date_heads


def dated(folder: Path, *dates: str) -> Article:
    """The first of some articles with these dates."""
    for number, text in enumerate(dates):
        (folder / f"{number}.qmd").write_text(f"---\ndate: {text}\n---\nText.", encoding="utf-8")
    return read_article(folder, "0.qmd", day_first=lambda: day_comes_first(read_date_heads(folder)))


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        (("12/5/2023", "25/11/2022"), "2023-05-12"),
        (("12/5/2023", "11/25/2022"), "2023-12-05"),
        (("12/5/2023", "11/25/2022", "12/24/2022", "25/11/2022"), "2023-12-05"),
        (("12-5-2023", "25-11-2022"), "2023-05-12"),
        (('"12/5/2023 10:30"', "'25/11/2022'"), "2023-05-12"),
        (("25/11/2022",), "2022-11-25"),
        (("5/5/2023",), "2023-05-05"),
    ],
)
def test_other_dates_of_the_site_decide(tmp_path: Path, dates: tuple[str, ...], day: str) -> None:
    article = dated(tmp_path, *dates)
    assert f"{article.date:%Y-%m-%d}" == day
    assert article.dated
    assert article.faults == ()


@pytest.mark.parametrize("others", [(), ("2022-11-25",), ("11/25/2022", "25/11/2022")])
def test_where_none_decides_the_month_is_first_and_the_page_says_so(
    tmp_path: Path, others: tuple[str, ...]
) -> None:
    article = dated(tmp_path, "12/5/2023", *others)
    assert f"{article.date:%Y-%m-%d}" == "2023-12-05"
    (fault,) = article.faults
    assert fault.line == 2
    assert "read with the month first" in fault.reason
    assert "write it as 2023-12-05" in fault.reason


@pytest.mark.parametrize("text", ["last-modified", "today", "now"])
def test_quartos_words_for_a_date_are_no_fault_and_the_file_has_the_date(
    tmp_path: Path, text: str
) -> None:
    article = dated(tmp_path, text)
    assert (article.dated, article.faults) == (False, ())


def test_a_date_that_is_ambiguous_is_none_of_a_feed() -> None:
    assert read_date("12/5/2023") is None
    assert is_ambiguous("12/5/2023")
    assert not is_ambiguous("13/5/2023")
    assert not is_ambiguous("12.5.2023")
