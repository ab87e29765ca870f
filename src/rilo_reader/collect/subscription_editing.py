"""Subscriptions put into, changed in and taken out of the text of feeds.toml (pure).

Every function raises ValueError, with a message for the user, where the text is no TOML, the feed
is not there, a value cannot be kept, or the list is written in a form that cannot be edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rilo_reader.collect.identity import feed_key
from rilo_reader.collect.subscription import Subscription


class Removed(NamedTuple):
    """A subscription that was taken out, and what `restore` needs to put it back.

    Attributes:
        subscription: what it was.
        piece: its lines in the file, comments above it too.
        place: how many feeds stood before it.
    """

    subscription: Subscription
    piece: str
    place: int


def with_subscriptions(
    text: str, subscriptions: Sequence[Subscription]
) -> tuple[str, tuple[Subscription, ...]]:
    """The text with those of the subscriptions that it lacks, and these."""
    from rilo_reader.collect.subscription_rules import LIST, checked, written
    from rilo_reader.config.edit import literal, surely
    from rilo_reader.config.toml_edit import with_blocks

    known = {feed_key(each.url) for _, each in _entries(text)}
    fresh: dict[str, Subscription] = {}
    for each in map(checked, subscriptions):
        if feed_key(each.url) not in known:
            fresh.setdefault(feed_key(each.url), each)
    if not fresh:
        return text, ()
    tables = [{k: literal(v) for k, v in written(each).items()} for each in fresh.values()]

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(LIST, []).extend(written(each) for each in fresh.values())

    changed = surely(
        text, lambda body: with_blocks(body, LIST, tables), wanted, "the list of feeds"
    )
    return changed, tuple(fresh.values())


def with_change(text: str, url: str, fields: Mapping[str, object]) -> tuple[str, Subscription]:
    """The text with other values of a subscription, and that as it was before."""
    from rilo_reader.collect.subscription_rules import LIST, RULES, checked, written
    from rilo_reader.config.edit import literal, surely
    from rilo_reader.config.toml_edit import blocks, with_entry

    unknown = [name for name in fields if name not in RULES]
    if unknown:
        raise ValueError(f"a feed has no {unknown[0]}")
    place, old = _place(text, url)
    changed = checked(old._replace(**fields))  # type: ignore[arg-type]  # checked right here
    if feed_key(changed.url) != feed_key(url) and _is_followed(text, changed.url):
        raise ValueError(f"{changed.url} is followed already")
    values = written(changed)

    def edit(body: str) -> str:
        for name in fields:
            value = literal(values[name]) if name in values else None
            body = with_entry(body, blocks(body, LIST)[place], name, value)
        return body

    def wanted(data: dict[str, Any]) -> None:
        table = data[LIST][place]
        for name in fields:
            table.pop(name, None)
            if name in values:
                table[name] = values[name]

    return surely(text, edit, wanted, f"the feed {url}"), old


def without_subscription(text: str, url: str) -> tuple[str, Removed]:
    """The text without a subscription, and what puts it back."""
    from rilo_reader.collect.subscription_rules import LIST
    from rilo_reader.config.edit import surely
    from rilo_reader.config.toml_edit import blocks, without_block

    place, old = _place(text, url)
    piece = ""

    def edit(body: str) -> str:
        nonlocal piece
        own = blocks(body, LIST)[place]
        piece = body[own.start : own.end]
        return without_block(body, own)

    def wanted(data: dict[str, Any]) -> None:
        del data[LIST][place]
        if not data[LIST]:
            del data[LIST]

    changed = surely(text, edit, wanted, f"the feed {url}")
    return changed, Removed(old, piece, place)


def with_restored(text: str, removed: Removed) -> str:
    """The text with a subscription where it was, with its comments; one that is there stays."""
    import tomllib

    from rilo_reader.collect.subscription_rules import LIST
    from rilo_reader.config.edit import surely
    from rilo_reader.config.toml_edit import blocks, newline, with_piece

    if _is_followed(text, removed.subscription.url):
        return text
    end = newline(text)
    piece = removed.piece if removed.piece.endswith("\n") else removed.piece + end
    table = tomllib.loads(piece)[LIST][0]
    place = min(removed.place, len(blocks(text, LIST)))

    def edit(body: str) -> str:
        own = blocks(body, LIST)
        if place < len(own):
            at = own[place].start
            return body[:at] + piece + end + body[at:]
        return with_piece(body, own[-1].end if own else len(body), piece)

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(LIST, []).insert(place, table)

    return surely(text, edit, wanted, "the list of feeds")


def _entries(text: str) -> list[tuple[int, Subscription]]:
    """The subscriptions of a text with their places among its tables."""
    from rilo_reader.collect.subscription_rules import LIST, subscriptions_of
    from rilo_reader.config.check import parse
    from rilo_reader.config.toml_edit import blocks

    body = text.removeprefix("\ufeff")
    data, fault = parse(body)
    if fault is not None:
        raise ValueError(f"line {fault[0]}: {fault[1]}; put that right first")
    tables = data.get(LIST, [])
    if not isinstance(tables, list) or len(tables) != len(blocks(body, LIST)):
        raise ValueError(f"the feeds are not written as [[{LIST}]] tables; edit them by hand")
    found = []
    for place, table in enumerate(tables):
        right, _ = subscriptions_of({LIST: [table]})
        found += [(place, each) for each in right]
    return found


def _is_followed(text: str, url: str) -> bool:
    return any(feed_key(each.url) == feed_key(url) for _, each in _entries(text))


def _place(text: str, url: str) -> tuple[int, Subscription]:
    key = feed_key(url)
    for place, subscription in _entries(text):
        if feed_key(subscription.url) == key:
            return place, subscription
    raise ValueError(f"{url} is not followed any more")
