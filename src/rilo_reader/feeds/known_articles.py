"""Find the known articles that fetched entries may be, in the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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

    A feed's entries come with guids, a server's with hashes of guids. An article is known by the
    guid or the hash of an entry if either gives its identity, or if it has the other as a key.

    Args:
        ledger: the ledger; only read.
        feed: the number of the feed, 0 if it is new.
        entries: the entries.
        fingerprints: their keys.
        followed: the keys of all subscriptions, see `Ledger.known`.
    """
    known = ledger.known(feed, fingerprints.keys, followed)
    keys = fingerprints.matches.keys
    new = [place for place, one in enumerate(keys) if feed and _has_new_guid(one, known)]
    if new:
        ids = {fingerprints.ids[place]: keys[place] for place in new}
        _add_by_identity(ledger, feed, ids, known)
        _add_by_hash(ledger, feed, [(entries[place].key, keys[place]) for place in new], known)
        _add_absent(ledger, [keys[place] for place in new], known)
    return known


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
