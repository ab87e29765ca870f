"""All 19,935 real articles: each opens, keeps its body, and says what its own header says."""

from __future__ import annotations

import pytest

from rilo_reader.article import clean_text
from rilo_reader.store.folder import read
from tests.real_articles import examine
from tests.shared import corpus

# Per site: files, headers with a title, headers with a date, files with faults. These are facts of
# the archive; titles and dates are compared with what PyYAML and tomllib say.
SITES = {
    "18f": (581, 558, 422, 0),
    "digitalgov": (4044, 2942, 2842, 0),
    "go-blog": (353, 276, 274, 0),
    "jekyll-posts": (163, 143, 104, 0),
    "letsencrypt": (1485, 978, 412, 0),
    "obsidian-hub": (6571, 0, 103, 15),
    "ruby-lang-news": (4723, 4723, 3481, 0),
    "rust-blog": (755, 753, 0, 0),
    "simonw-til": (590, 0, 0, 0),
    "this-week-in-rust": (670, 669, 669, 0),
}
# A date that no standard parser reads; Jekyll meant 2023-01-29 18:30:22 -0800, and so do we.
ODD_DATES = {"jekyll-posts": 1}


@pytest.mark.parametrize("name", SITES)
def test_every_article_of_a_site(name: str) -> None:
    site = examine(corpus("md") / name)
    files, titles, dates, faults = SITES[name]
    counts = site.counts
    assert counts["files"] == files
    assert counts["bodies equal"] == counts["second passes equal"] == files - counts["html"]
    assert counts["titles"] == counts["titles equal"] == titles
    assert counts["dates"] == dates
    assert counts["dates equal"] == dates - ODD_DATES.get(name, 0)
    assert counts["faults"] == counts["header broken"] == faults


def test_the_dates_of_the_rust_blog_are_in_its_paths() -> None:
    folder = corpus("md") / "rust-blog"
    article = read(folder, "content/Rust-1.88.0.md")
    assert (article.date.isoformat(), article.date_only) == ("2025-06-26T00:00:00+00:00", True)


@pytest.mark.parametrize("name", ["blns/blns.txt", "blns/blns.json", "kuhn/UTF-8-demo.txt",
                                  "ucd-15.1/emoji/emoji-test.txt"])  # fmt: skip
def test_naughty_and_demonstration_texts_open(name: str) -> None:
    article = read(corpus("unicode"), name)
    assert article.faults == ()
    text = (corpus("unicode") / name).read_bytes().decode()
    # Controls that no text holds are the letters that Windows has in their place.
    letters = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}
    assert article.body == clean_text(text.translate(letters)).lstrip("\n")
