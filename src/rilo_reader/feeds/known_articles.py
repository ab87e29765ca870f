"""Find the known articles that fetched entries may be, in the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.feeds.drafting import Fingerprints
from rilo_reader.feeds.identity import ABSENT, Keys, Kind, Known, guid_kind, hash_key, hash_of
from rilo_reader.feeds.ledger import Ledger

_Found = dict[tuple[Kind, int], set[int]]


def known_articles(
    ledger: Ledger,
    feed: int,
    entries: Sequence[Entry],
    fingerprints: Fingerprints,
    followed: Collection[str] | None,
) -> Known:
    """Return the articles of a feed that share a key with entries, also across a change of source.

    Includes articles of unsubscribed feeds whose guid, or link, and another key match: the feed has
    another address then, and the articles are the same.

    A feed's entries come with guids, a server's with hashes of guids. An article is known by the
    guid or the hash of an entry if either gives its identity, or if it has the other as a key.

    Args:
        ledger: the ledger; only read.
        feed: the number of the feed, 0 if it is new.
        entries: the entries.
        fingerprints: their keys.
        followed: the keys of all subscriptions; None to consider this feed only.
    """
    known = ledger.sharing(feed, fingerprints.keys) if feed else {}
    if followed is not None:
        _add_of_unsubscribed(ledger, feed, fingerprints.keys, followed, known)
        _add_of_unsubscribed_by_link(ledger, fingerprints.keys, followed, known)
    keys = fingerprints.matches.keys
    new = [place for place, one in enumerate(keys) if feed and _has_new_guid(one, known)]
    if new:
        ids = {fingerprints.ids[place]: keys[place] for place in new}
        _add_by_identity(ledger, feed, ids, known)
        _add_by_hash(ledger, feed, [(entries[place].key, keys[place]) for place in new], known)
        _add_absent(ledger, [keys[place] for place in new], known)
    return known


def _add_of_unsubscribed(
    ledger: Ledger, feed: int, keys: Iterable[Keys], followed: Collection[str], known: _Found
) -> None:
    """Add the articles of unsubscribed feeds that have the guid of an entry."""
    unknown: dict[int, list[Keys]] = {}
    for one in keys:
        if Kind.GUID in one and (Kind.GUID, one[Kind.GUID]) not in known:
            unknown.setdefault(one[Kind.GUID], []).append(one)
    for guid, other, article, key in ledger.with_guids_elsewhere(feed, unknown):
        if key not in followed:
            _add_same(ledger, other, article, unknown[guid], known)


def _add_of_unsubscribed_by_link(
    ledger: Ledger, keys: Iterable[Keys], followed: Collection[str], known: _Found
) -> None:
    """Add the articles of unsubscribed feeds whose guids are unknown, as servers hide them."""
    left = ledger.unsubscribed(followed)
    if not left:
        return
    new: dict[int, list[Keys]] = {}
    for one in keys:
        kinds = (Kind.LINK, guid_kind(one))
        if Kind.LINK in one and not any((kind, one.get(kind)) in known for kind in kinds):
            new.setdefault(one[Kind.LINK], []).append(one)
    for feed in left if new else ():
        for link, article in ledger.with_keys(feed, Kind.LINK, new):
            _add_same(ledger, feed, article, new[link], known)


def _add_same(
    ledger: Ledger, feed: int, article: int, entries: Iterable[Keys], known: _Found
) -> None:
    """Add an article by the keys of entries that share two with it."""
    for keys in entries:
        shared = [kind for kind in keys if article in ledger.with_key(feed, kind, keys[kind])]
        for kind in shared if len(shared) > 1 else ():
            known.setdefault((kind, keys[kind]), set()).add(article)


def _has_new_guid(keys: Keys, known: Known) -> bool:
    """Return whether an entry has a guid, or its hash, by which no article is known."""
    kind = guid_kind(keys)
    return kind in keys and (kind, keys[kind]) not in known


def _add(keys: Keys, article: int, known: _Found) -> None:
    """Add an article by the guid of an entry."""
    kind = guid_kind(keys)
    known.setdefault((kind, keys[kind]), set()).add(article)


def _add_by_identity(
    ledger: Ledger, feed: int, new: Mapping[ArticleId, Keys], known: _Found
) -> None:
    """Add the articles that have the identities which the guids of entries give."""
    for identity, article in ledger.taken(new).items():
        if ledger.article(article).feed == feed:
            _add(new[identity], article, known)


def _add_by_hash(ledger: Ledger, feed: int, new: Sequence[tuple[str, Keys]], known: _Found) -> None:
    """Add the articles that came from a server with the hash of a guid."""
    guids = {hash_key(hash_of(guid)): keys for guid, keys in new if Kind.GUID in keys}
    for value, article in ledger.with_keys(feed, Kind.HASH, guids):
        _add(guids[value], article, known)


def _add_absent(ledger: Ledger, new: Sequence[Keys], known: _Found) -> None:
    """Add which articles that entries may be have no guid, no link or no title."""
    kinds = (Kind.HASH, Kind.LINK)
    pairs = [(kind, keys[kind]) for keys in new for kind in kinds if kind in keys]
    articles = {article for pair in pairs for article in known.get(pair, ())}
    for article, present in ledger.kinds(articles).items():
        absent = {Kind.HASH, Kind.LINK, Kind.TITLE} - present
        if not present & {Kind.GUID, Kind.HASH}:
            absent.add(Kind.GUID)
        for kind in absent:
            known.setdefault((kind, ABSENT), set()).add(article)
