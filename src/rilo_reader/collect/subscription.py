"""A feed that the user follows, wherever its name came from (pure)."""

from __future__ import annotations

from typing import NamedTuple


class Subscription(NamedTuple):
    """One feed of feeds.toml, of an OPML list or of another reader.

    Attributes:
        url: where it is fetched; may hold `user:pass@`. Identity.
        title: what the user calls it; "" for what the feed calls itself.
        tags: the user's, in order; a folder of an OPML list is a tag with its path, "News/Europe".
        site: the web page it belongs to, "" where unknown.
        full_text: whether each entry's page is fetched for its whole text.
        every: minutes between two fetches; 0 for what the settings and the feed say.
        muted: whether its articles stay out of the list until asked for.
        paused: whether it is left alone.
        limit: at most so many entries a fetch; 0 for all.
        private: whether the user allowed it to be on their own network or computer, also where it
            was on the public net before.
    """

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    site: str = ""
    full_text: bool = False
    every: int = 0
    muted: bool = False
    paused: bool = False
    limit: int = 0
    private: bool = False
