"""Fold duplicates: of one story from several sources, results show one article.

Articles of a story have the same title and the same text. The writer flags an article whose story
is already in the index, which leads to all articles that have duplicates; a query is run on these
few alone, and its results are grouped. So totals are exact, and a group is shown wherever one of
its articles matches. No group has two articles of one source with different addresses.

Near the top of a list folding is free: `top_page` drops rows of the group of an earlier row. It is
used while the user types; the number of rows folded further down is then not known.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import tantivy

from rilo_reader.index import schema as fields
from rilo_reader.index.results import ResultSet
from rilo_reader.index.snapshot import NO_DUPLICATES, DuplicateGroups, Found

COPIED = "copied"
"""The condition of `state_filter` for articles that have duplicates."""

BELOW_TOP = -1
"""The place of an article that is not near the top."""

GROUP_LIMIT = 20_000
"""Largest number of articles to leave out; naming each takes a microsecond."""


def find_representatives(
    searcher: tantivy.Searcher, addresses: Sequence[tantivy.DocAddress]
) -> list[int]:
    """For each article, the place of the first one of its group, which may be its own."""
    stories = searcher.fast_field_values(fields.STORY, list(addresses))
    origins = searcher.fast_field_values(fields.ORIGIN, list(addresses))
    urls: defaultdict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    firsts: dict[tuple[int, int], int] = {}
    found = []
    for place, (story, origin) in enumerate(zip(stories, origins, strict=True)):
        if story:
            source, url = divmod(int(origin or 0), 1 << fields.URL_BITS)
            of_source = urls[int(story), source]
            group = int(story), of_source.setdefault(url, len(of_source))
            found.append(firsts.setdefault(group, place))
        else:
            found.append(place)
    return found


class TopPage(NamedTuple):
    """Rows near the top of a list, folded as far as results were examined."""

    total: int | None  # rows, without those known to be folded; None if not counted
    hits: Found  # the requested rows
    copy_counts: tuple[int, ...]  # for each of them, the articles known to be folded into it
    folded_count: int  # articles known to be folded
    groups: DuplicateGroups | None  # all duplicates, None if only a part was examined


def top_page(results: ResultSet, offset: int, limit: int) -> TopPage:
    """Fold rows near the top of results by date, by examining each of them."""
    wanted = offset + limit
    examined = wanted + max(results.commit.limits.margin, wanted // 2)
    while True:
        total, found = results.read_first(0, examined)
        addresses = [address for _, address in found]
        firsts = find_representatives(results.searcher, addresses)
        rows: dict[int, int] = dict.fromkeys(firsts, -1)  # first of a group -> number of copies
        for first in firsts:
            rows[first] += 1
        is_all = total is not None and total <= len(found)
        if is_all or len(rows) >= wanted:
            break
        examined *= 2
    left_out = len(found) - len(rows)
    return TopPage(
        None if total is None else total - left_out,
        [found[first] for first in list(rows)[offset:wanted]],
        tuple(rows.values())[offset:wanted],
        left_out,
        _make_groups(results, addresses, firsts) if is_all else None,
    )


def top_place(results: ResultSet, key: int) -> int | None:
    """The row of an article or its representative; BELOW_TOP if it is not near the top.

    None if the article is not among the results.
    """
    place = results.find_position(key)
    if place is None:
        return None
    if place >= results.commit.limits.top_rows:
        return BELOW_TOP
    addresses = [address for _, address in results.read_first(0, place + 1)[1]]
    firsts = find_representatives(results.searcher, addresses)
    return list(dict.fromkeys(firsts)).index(firsts[-1])


def group_duplicates(results: ResultSet) -> DuplicateGroups:
    """Group the duplicates among results, which are of copied articles, representatives first."""
    addresses = results.read_all()
    return _make_groups(results, addresses, find_representatives(results.searcher, addresses))


def _make_groups(
    results: ResultSet, addresses: Sequence[tantivy.DocAddress], firsts: Sequence[int]
) -> DuplicateGroups:
    keys = results.searcher.fast_field_values(fields.KEY, list(addresses))
    left_out: dict[int, int] = {}
    copies: dict[int, int] = {}
    for place, first in enumerate(firsts):
        key, of = keys[place], keys[first]
        if first != place and key is not None and of is not None:
            left_out[int(key)] = int(of)
            copies[int(of)] = copies.get(int(of), 0) + 1
    return DuplicateGroups(left_out, copies) if len(left_out) <= GROUP_LIMIT else NO_DUPLICATES
