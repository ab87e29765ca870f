"""Pages in which something is nested again and again."""

from __future__ import annotations

SENTENCE = "Customs officers at the airport found forty pieces of ivory in the post on Monday."


def page(opening: str, times: int, text: str) -> bytes:
    """An article, with something nested within so many times."""
    inner = "".join(f"<{opening}>{text}" for _ in range(times))
    paragraph = f"<p>{SENTENCE} {SENTENCE} {SENTENCE}</p>"
    return f"<title>T</title><article>{paragraph}{inner}{paragraph}</article>".encode()
