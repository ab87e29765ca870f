"""Propose selectors for the entries of a page from elements that repeat on it (pure).

    _iter_groups       links with text, by where they are in the tree: one group is the list
    _find_rows         the element of each: the largest that has no other link of the group
    _score_rows        how likely their titles and their place are those of entries
    _find_selectors    the plainest CSS that finds the rows, and in them the titles, links and dates

The rows that the selectors find are scored again, so that people see the entries they will get.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from lxml.html import HtmlElement

from rilo_reader.entry import Entry, Proposal, Selectors
from rilo_reader.html.tags import HEADINGS
from rilo_reader.html.tree import is_silent, text_of
from rilo_reader.pages.entry_list import (
    DATE_LIMIT,
    compile_selector,
    find_day,
    find_link,
    iter_entries,
    parse_page,
    read_element_date,
    read_line,
)

MIN_ENTRIES = 3  # that are a list
MAX_LINKS = 5_000  # that are looked at
MAX_GROUPS = 12  # whose selectors are tried
MAX_CELLS = 12  # of a row that may be its title
MAX_ROWS = 60  # of a group that are looked at for selectors
_ASIDE = re.compile(
    r"(?:\b|_)(?:nav|navbar|menu|footer|foot|sidebar|side|widget|aside|related|popular|comments?|share"
    r"|social|breadcrumbs?|pag(?:er|ing|ination|inate|enavi)|tags?|categor\w+|banner|login|cookie"
    r"|recent|archives?|topbar|toolbar)(?:\b|_|\d)",
    re.IGNORECASE,
)
_NAME = re.compile(r"-?[A-Za-z_][\w-]*")
_OF_ONE = re.compile(r"\d|^(?:odd|even|first|last|active|current|sticky|selected|alt|js-.*)$")
_TITLE = re.compile(r"title|head(?:ing|line)", re.IGNORECASE)
_UNSEEN = re.compile(r"hidden|sr-only|screen-?reader", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]")
_NOT_ENTRIES = re.compile(
    r"/(?:tags?|category|categories|topics?|authors?|users?|members?|profiles?|login|register"
    r"|search|page)(?:[/?]|$)",
    re.IGNORECASE,
)


class _Row(NamedTuple):
    """An element of a list, with its title and its link."""

    element: HtmlElement
    title: HtmlElement
    link: HtmlElement


def propose_selectors(data: bytes, url: str, content_type: str = "") -> list[Proposal]:
    """Return the lists of a page, the likeliest first; none if nothing looks like entries."""
    root = parse_page(data, content_type)
    letters = len(read_line(root)) or 1
    groups = [rows for rows in _iter_groups(root) if len(rows) >= MIN_ENTRIES]
    groups.sort(key=lambda rows: _score_rows(rows, letters), reverse=True)
    found: dict[tuple[str, ...], tuple[float, Proposal]] = {}
    for rows in groups[:MAX_GROUPS]:
        selectors = _find_selectors(root, rows)
        entries = tuple(iter_entries(root, url, selectors)) if selectors else ()
        if selectors is None or len(entries) < MIN_ENTRIES:
            continue
        scored = _score_selectors(root, selectors, entries, letters), Proposal(selectors, entries)
        key = tuple(entry.url or entry.title for entry in entries)
        found[key] = max(found.get(key, scored), scored, key=lambda pair: pair[0])
    best = sorted(found.values(), key=lambda pair: pair[0], reverse=True)
    return [proposal for _, proposal in best]


# -- rows -----------------------------------------------------------------------------------------


def _iter_groups(root: HtmlElement) -> Iterator[list[_Row]]:
    """Yield lists of rows whose titles have similar positions."""
    groups: dict[tuple[object, ...], list[tuple[HtmlElement, HtmlElement]]] = defaultdict(list)
    number = 0
    is_left_out = functools.cache(lambda each: each.tag in ("nav", "footer") or is_silent(each))
    for link in root.iter("a"):
        if not link.get("href") or link.get("href").startswith(("#", "javascript:", "mailto:")):
            continue
        above = [link, *link.iterancestors()]
        if any(map(is_left_out, above)):
            continue
        title = _find_title(link)
        number += 1
        if number > MAX_LINKS:
            break
        if not read_line(title):
            continue
        tags = tuple(each.tag for each in above)
        is_heading = title is not link or above[1].tag in HEADINGS
        position = sum(1 for _ in link.itersiblings("a", preceding=True))
        names = tuple(frozenset(_list_classes(each)) for each in above[:4])
        holder = next((each.get("id") for each in above if each.get("id")), "")
        for sign in ((is_heading,), (position,), (names,), ("#", _DIGITS.sub("", holder))):
            groups[(*tags, *sign)].append((title, link))
    seen = set()
    for pairs in groups.values():
        key = tuple(id(link) for _, link in pairs)
        if key not in seen:
            seen.add(key)
            yield _find_rows(pairs)


def _find_title(link: HtmlElement) -> HtmlElement:
    """Return the heading in a link, else what is named or placed as one, else the link."""
    heading = next(iter(link.iter(*HEADINGS)), None)
    if heading is not None:
        return heading
    if any(_UNSEEN.search(_names_of(each)) for each in link):
        return link
    inner = [each for each in link.iterdescendants() if _TITLE.search(_names_of(each))]
    if not inner and len(link) > 1 and not (link.text or "").strip():
        inner = [each for each in link if not read_element_date(each)]
    return next((each for each in inner if _score_width(len(read_line(each))) == 1), link)


def _names_of(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('itemprop') or ''}"


def _find_rows(pairs: Sequence[tuple[HtmlElement, HtmlElement]]) -> list[_Row]:
    """Return the row of each link: the largest element around it without another of them."""
    links: dict[HtmlElement, set[str]] = defaultdict(set)
    for _, link in pairs:
        for above in (link, *link.iterancestors()):
            links[above].add(link.get("href"))
    heights: Counter[int] = Counter()
    for _, link in pairs:
        own = [link, *link.iterancestors()]
        heights[sum(len(links[above]) == 1 for above in own)] += 1
    height = heights.most_common(1)[0][0]
    rows: dict[HtmlElement, _Row] = {}
    for title, link in pairs:
        own = [link, *link.iterancestors()]
        element = own[min(height, len(own)) - 1]
        rows.setdefault(element, _Row(element, title, link))
    return _choose_titles(list(rows.values()))


def _choose_titles(rows: list[_Row]) -> list[_Row]:
    """Return rows with a heading or a cell as the title if that says more than their links do."""
    columns = [rows, [row._replace(title=_find_heading(row)) for row in rows]]
    cells = range(min(MAX_CELLS, *(len(row.element) for row in rows)))
    columns += [[row._replace(title=row.element[index]) for row in rows] for index in cells]
    lines = ([read_line(row.title) for row in column[:MAX_ROWS]] for column in columns)
    scores = list(map(_score_titles, lines))
    best = max(range(len(columns)), key=scores.__getitem__)
    return columns[best] if scores[best] > 2 * scores[0] else rows


def _find_heading(row: _Row) -> HtmlElement:
    return next((each for each in row.element.iter(*HEADINGS) if read_line(each)), row.title)


# -- which list -----------------------------------------------------------------------------------


def _score_rows(rows: Sequence[_Row], letters: int) -> float:
    """Return how likely rows are the entries of a page of `letters`, by titles and place."""
    first = rows[:MAX_ROWS]
    titles = [read_line(row.title) for row in first]
    score = math.log2(1 + min(len(titles), 30)) * _score_titles(titles)
    around = ([row.title, *row.title.iterancestors()] for row in first)
    in_heading = sum(any(each.tag in HEADINGS for each in elements) for elements in around)
    if in_heading > len(first) / 2:
        score *= 1.8
    texts = [len(" ".join(text_of(row.element).split())) for row in first]
    more = sum(texts) / len(texts) - sum(map(len, titles)) / len(titles)
    if more > 60:
        score *= 1.4
    score *= 0.5 + min(1.0, sum(texts) / letters)
    apart = sum(not _is_title_in_link(row) for row in first)
    return score * _score_place(rows) * (0.6 if apart > len(titles) / 2 else 1.0)


def _score_titles(titles: Sequence[str]) -> float:
    """Return how much texts look like titles: words that differ from text to text."""
    fits = [_score_width(len(title) + len(_WIDE.findall(title))) for title in titles]
    if sum(find_day(title) is not None for title in titles) > len(titles) / 2:
        return 0.05
    # "6 minutes ago" differs from "7 minutes ago" by its number alone.
    different = len(set(titles)) + len({_DIGITS.sub("", title) for title in titles})
    return sum(fits) / len(fits) * (different / 2 / len(titles)) ** 2


def _score_width(width: int) -> float:
    """Return how much a text of so many columns looks like a title."""
    if width > 200:
        return 0.4
    return 0.1 if width < 8 else 0.4 if width < 14 else 0.8 if width < 22 else 1.0


def _score_place(rows: Sequence[_Row]) -> float:
    score = 1.0
    row = rows[len(rows) // 2]
    for above in row.element.iterancestors():
        names = f"{above.get('id') or ''} {above.get('class') or ''}"
        if above.tag in ("body", "html"):
            continue
        if above.tag in ("aside", "header", "footer", "nav") or _ASIDE.search(names):
            score = min(score, 0.35)
        elif above.tag == "main" or above.get("role") == "main":
            score *= 1.2
    links = [row.link.get("href") or "" for row in rows[:MAX_ROWS]]
    if sum(_NOT_ENTRIES.search(link) is not None for link in links) > len(links) / 2:
        score *= 0.3
    return score


def _is_title_in_link(row: _Row) -> bool:
    """Return whether the title of a row is in its link, or around it."""
    title, link = row.title, row.link
    return title is link or title in link.iterancestors() or link in title.iterancestors()


def _score_selectors(
    root: HtmlElement, selectors: Selectors, entries: Sequence[Entry], letters: int
) -> float:
    """Return how likely the elements that selectors find are the entries of a page."""
    items = compile_selector(selectors.items)(root)
    find_titles, find_links = compile_selector(selectors.title), compile_selector(selectors.link)
    found = ((item, find_titles(item), find_links(item)) for item in items)
    rows = [_Row(item, titles[0], links[0]) for item, titles, links in found if titles and links]
    if not rows:
        return 0.0
    dated_share = sum(entry.date is not None for entry in entries) / len(entries)
    entry_share = len(entries) / len(items)
    return _score_rows(rows, letters) * (1 + dated_share / 2) * entry_share


# -- selectors ------------------------------------------------------------------------------------


def _find_selectors(root: HtmlElement, rows: Sequence[_Row]) -> Selectors | None:
    """Return selectors for rows; None if there are none that find most of them."""
    wanted = {row.element for row in rows}
    best: tuple[float, str] = (0.0, "")
    for selector in _iter_row_selectors(rows):
        found = compile_selector(selector)(root)
        inner = {above for element in found for above in element.iterancestors()}
        if inner.intersection(found):
            continue  # an entry is not in another
        both = len(wanted.intersection(found))
        share = 2 * both / (len(wanted) + len(found))
        if share > best[0] + 0.02:
            best = share, selector
        if best[0] > 0.99:
            break
    if best[0] < 0.5:
        return None
    first = rows[:MAX_ROWS]
    title = _find_inner_selector([(row.element, row.title) for row in first])
    link = _find_inner_selector([(row.element, row.link) for row in first], is_link=True)
    if not (title and link):
        return None
    return Selectors(best[1], title, link, _find_date_selector(first))


def _iter_row_selectors(rows: Sequence[_Row]) -> Iterator[str]:
    """Yield selectors that may find rows, the plainest first."""
    elements = [row.element for row in rows]
    tag = Counter(element.tag for element in elements).most_common(1)[0][0]
    own = [f"{tag}.{name}" for name in _list_shared_classes(elements)]
    yield from own
    if tag == "article":
        yield tag
    chains: list[str] = []
    around: list[HtmlElement | None] = [element.getparent() for element in elements]
    path = tag
    for _ in range(6):
        parents = [parent for parent in around if parent is not None]
        if not parents:
            break
        ids = {parent.get("id") for parent in parents}
        holders = [f"#{name}" for name in ids if len(ids) == 1 and name and _NAME.fullmatch(name)]
        parent_tag = Counter(parent.tag for parent in parents).most_common(1)[0][0]
        holders += [f"{parent_tag}.{name}" for name in _list_shared_classes(parents)]
        chains += [f"{holder} > {path}" for holder in holders]
        chains += [f"{holder} {each}" for holder in holders for each in own]
        path = f"{parent_tag} > {path}"
        around = [parent.getparent() for parent in parents]
    yield from chains
    yield tag
    yield path


def _list_shared_classes(elements: Sequence[HtmlElement]) -> list[str]:
    """Return the classes that nearly all elements have, those of the most elements first."""
    count = Counter(name for element in elements for name in _list_classes(element))
    return [name for name, number in count.most_common(6) if number >= 0.9 * len(elements)]


def _list_classes(element: HtmlElement) -> list[str]:
    names = dict.fromkeys((element.get("class") or "").split())
    return [name for name in names if _NAME.fullmatch(name) and not _OF_ONE.search(name)]


def _find_inner_selector(
    pairs: Sequence[tuple[HtmlElement, HtmlElement]], *, is_link: bool = False
) -> str:
    """Return the selector that finds most of the second elements first in the first ones."""
    best: tuple[float, str] = (0.0, "")
    elements = [inner for _, inner in pairs]
    for selector in dict.fromkeys(_iter_inner_selectors(elements, is_link=is_link)):
        find = compile_selector(selector)
        right = 0
        for row, inner in pairs:
            first = next(iter(find(row)), None)
            right += first is not None and _is_same(first, inner, is_link)
        if right / len(pairs) > best[0] + 0.02:
            best = right / len(pairs), selector
    return best[1] if best[0] >= 0.6 else ""


def _is_same(found: HtmlElement, wanted: HtmlElement, is_link: bool) -> bool:
    if not is_link:
        return read_line(found) == read_line(wanted)
    link = find_link(found)
    return link is not None and link.get("href") == wanted.get("href")


def _iter_inner_selectors(elements: Sequence[HtmlElement], *, is_link: bool) -> Iterator[str]:
    """Yield selectors that may find elements in their rows, the plainest first."""
    tag = Counter(element.tag for element in elements).most_common(1)[0][0]
    heading = Counter(
        above.tag
        for element in elements
        for above in (element, *element.iterancestors())
        if above.tag in HEADINGS
    )
    if is_link:
        yield tag
    for name, _ in heading.most_common(1):
        yield f"{name} {tag}" if is_link else name
    yield tag
    for name in _list_shared_classes(elements):
        yield f"{tag}.{name}"
    positions = Counter(1 + sum(1 for _ in e.itersiblings(tag, preceding=True)) for e in elements)
    yield f"{tag}:nth-of-type({positions.most_common(1)[0][0]})"
    for _ in range(2):
        above = (element.getparent() for element in elements)
        elements = [parent for parent in above if parent is not None]
        if elements:
            yield from _iter_child_selectors(elements, tag)


def _iter_child_selectors(parents: Sequence[HtmlElement], tag: str) -> Iterator[str]:
    parent_tag = Counter(parent.tag for parent in parents).most_common(1)[0][0]
    for name in _list_shared_classes(parents):
        yield f"{parent_tag}.{name} {tag}"
    yield f"{parent_tag} > {tag}"
    positions = Counter(1 + sum(1 for _ in e.itersiblings(preceding=True)) for e in parents)
    yield f"{parent_tag}:nth-child({positions.most_common(1)[0][0]}) {tag}"


def _find_date_selector(rows: Sequence[_Row]) -> str:
    """Return the selector that finds a date in most rows; "" if there is none."""
    selectors: Counter[str] = Counter()
    for row in rows:
        found = map(_iter_date_selectors, _find_date_elements(row.element))
        selectors.update(dict.fromkeys(chain.from_iterable(found), 1))
    best: tuple[float, str] = (0.0, "")
    for selector, _ in selectors.most_common(20):
        find = compile_selector(selector)
        right = sum(any(map(read_element_date, find(row.element))) for row in rows) / len(rows)
        if right > best[0] + 0.02:
            best = right, selector
    return best[1] if best[0] > 0.5 else ""


def _find_date_elements(row: HtmlElement) -> list[HtmlElement]:
    """Return the innermost elements of a row that contain little more than a date."""
    short = (each for each in row.iter() if len(text_of(each)) < DATE_LIMIT)
    found = list(filter(read_element_date, short))
    around = {above for each in found for above in each.iterancestors()}
    return [each for each in found if each not in around]


def _iter_date_selectors(element: HtmlElement) -> Iterable[str]:
    if element.tag == "time":
        yield "time"
    for name in _list_classes(element):
        yield f"{element.tag}.{name}"
    position = 1 + sum(1 for _ in element.itersiblings(preceding=True))
    yield f"{element.tag}:nth-child({position})"
    yield element.tag
