"""What of an article goes to an archive."""

from __future__ import annotations

from datetime import UTC, datetime

from rilo_reader.plugins.archive.portable import portable, received

SECRET = "xHIDDENx"


def test_an_article_that_travels_has_no_secret() -> None:
    article = (
        f'+++\nid = "a"\ntitle = "A"\ndate = 2024-01-01\nfeed = "https://example.org/?key={SECRET}"'
        '\nguid = "1"\n+++\n\nText.\n'
    )
    one = portable(article.encode(), "a.md", datetime(2024, 1, 1, tzinfo=UTC))
    assert SECRET not in one.text
    other = received("a", one.text)
    assert other is not None
    assert (other.feed, other.digest) == (one.feed, one.digest)
    assert SECRET not in one.feed
