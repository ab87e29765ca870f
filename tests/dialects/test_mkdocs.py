"""Posts of Material for MkDocs: what the golden page cannot say."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.dialects.sites import Site
from rilo_reader.store.folder import read_article
from tests.support.for_each import for_each


@for_each(
    "said, date, updated",
    [
        ("{created: 2020-01-02, updated: 2020-03-04}", "2020-01-02", "2020-03-04"),
        ("{created: 2020-01-02}", "2020-01-02", ""),
        ("{created: 2020-01-02T10:00:00, updated: }", "2020-01-02", ""),
        ("2020-01-02", "2020-01-02", ""),
        ("{updated: 2020-03-04}", "2020-03-04", "2020-03-04"),
        ("{created: {updated: [a]}}", "", ""),
    ],
)
def test_a_date_of_two(tmp_path: Path, said: str, date: str, updated: str) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: A\ndate: {said}\n---\n\nText.\n", encoding="utf-8")
    article = read_article(tmp_path, "a.md", site=Site("MkDocs"))
    assert f"{article.date:%Y-%m-%d}" * article.dated == date
    assert (f"{article.updated:%Y-%m-%d}" if article.updated else "") == updated
