"""Muted feeds as mutes: their articles stay out of lists and counts like what settings mute."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.config import Mute
from rilo_reader.paths import Paths


def feed_mutes(folder: Path, paths: Paths) -> tuple[Mute, ...]:
    """A mute for each muted feed that has articles in a library.

    Costs one look at feeds.toml where no feed is muted. What cannot be read mutes nothing: that
    a feed is muted is no reason why its reader should not open, and `refresh` and `feeds` say it.
    """
    file = paths.config / "feeds.toml"
    try:
        if b"muted" not in file.read_bytes():
            return ()
    except OSError:
        return ()
    from rilo_reader.collect.following import sources_of
    from rilo_reader.collect.ledger_file import CollectingError
    from rilo_reader.collect.subscriptions import load
    from rilo_reader.query.edit import value_term
    from rilo_reader.query.tree import Field

    muted = [each for each in load(file)[0] if each.muted]
    if not muted:
        return ()
    try:
        sources = sources_of(folder, paths, muted)
    except CollectingError:
        return ()
    terms = (value_term(Field.SOURCE, source) for source in sources)
    return tuple(Mute(term) for term in terms if term)
