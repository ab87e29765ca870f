"""Print the tree of a query; edit its text by a command, the rest as it was typed (pure).

A change is made in the text and verified on the parsed tree. Where a term in front of the text
would change its meaning (`a OR b`), other spellings are tried, and the normal form last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from rilo_reader.article import Field
from rilo_reader.query.dates import Calendar, write_dates, write_range
from rilo_reader.query.minutes import write_minutes
from rilo_reader.query.parser import MAX_DEPTH, OPEN_PATTERN, parse
from rilo_reader.query.patterns import literal_start
from rilo_reader.query.tokens import join_tokens, joined_form_of, to_tokens
from rilo_reader.query.tree import (
    AS_IT_IS,
    MARK_FIELDS,
    And,
    ArticleSelection,
    Dates,
    FeedTag,
    HasMark,
    MarkedDuring,
    MatchKind,
    Minutes,
    Node,
    Not,
    Or,
    Query,
    Sort,
    Words,
    all_of,
    clean_tag,
    fold_tag,
    parts_of,
    replace_nodes,
)
from rilo_reader.text import lazy_re

Saved = Mapping[str, str] | None
"""Saved searches, name -> query, as `parse` takes them."""

MOST_CLOSED = 2  # parentheses that are closed at the end of a query
MOST_CUT = 12  # characters that the end of a date or a number may have too many

_STAR = lazy_re(r"\*(\"?\)*)\Z")
_PLAIN_TAG = lazy_re(r"[^\s()\"“”„*]+")
_TAG_TERM = lazy_re(r""""[^"]*"|feeds:(?:"[^"]*"|[^\s()"“”„]+)\*?""")
_SORT = lazy_re(r"(?:^|(?<=\s))sort:\S*(?:\s+|$)")


def make_savable(text: str, saved_queries: Saved) -> str:
    """A query as it can be saved or muted: without faults, and without `@name`.

    The typed text is kept if possible; names become `(their query)`, since saved searches
    cannot refer to one another.
    """
    query = parse(text, saved=saved_queries)
    bare = text
    for name, its in sorted((saved_queries or {}).items(), key=lambda item: -len(item[0])):
        pattern = rf'(?i)(?:(?<=[\s(-])|^)@(?:"{re.escape(name)}"|{re.escape(name)}(?=[\s()]|$))'
        # A backslash in a query is a backslash, and not the number of a group.
        bare = re.sub(pattern, f"({its})".replace("\\", r"\\"), bare)
    for candidate in (text.strip(), bare.strip()):
        if parse(candidate) == (query.node, query.sort, ()):
            return candidate
    return to_text(query)


def to_finished_text(text: str, *, saved_queries: Saved = None) -> str:
    """The text that finds what a text finds while it is being typed: `gletscher*` for `gletscher`.

    Quotation marks and parentheses that are open are closed. A fault that remains is said then;
    the text is returned unchanged where no other has fewer.
    """
    shown, least, found = parse(text, typing=True, saved=saved_queries), MAX_DEPTH, text
    for candidate in _iter_spellings(text):
        query = parse(candidate, saved=saved_queries)
        means = query[:2] == shown[:2] == parse(candidate, typing=True, saved=saved_queries)[:2]
        if means and len(query.faults) < least:
            least, found = len(query.faults), candidate
        if not least:
            break
    return found


def _iter_spellings(text: str) -> Iterable[str]:
    """Ways to write down what the end of a text means while it is being typed."""
    begin, _, value = text.rpartition(":=")
    for typed in (text, f"{begin}:{value}", f'{begin}:"{value}') if begin else (text,):
        for end in ("", '"', "*", '*"'):
            yield from (f"{typed}{end}{')' * depth}" for depth in range(MOST_CLOSED + 1))
    # So is a regular expression, by the letters that it begins with.
    if begun := OPEN_PATTERN.search(text):
        letters = f"{text[: begun.start()]}{literal_start(begun[1])}"
        for end in ("*", ""):
            yield from (f"{letters}{end}{')' * depth}" for depth in range(MOST_CLOSED + 1))
    # With a star behind it, what follows a slash would begin one.
    if slash := text.rfind("/", text.rfind(" ") + 1) + 1:
        letters = f"{text[: slash - 1]}{text[slash:]}*"
        yield from (f"{letters}{')' * depth}" for depth in range(MOST_CLOSED + 1))
    # A date or a number that is half typed is read as far as it goes.
    start = max(text.rfind(" "), text.rfind("(")) + 1
    yield from (text[:end] for end in range(len(text) - 1, start, -1)[:MOST_CUT])


def to_whole_word(text: str, *, saved_queries: Saved = None) -> str:
    """The text with its last word whole, where it ends with one that is begun; else ""."""
    star = _STAR.search(text)
    if star is None:
        return ""
    whole = text[: star.start()] + star[1]
    query = parse(whole, saved=saved_queries)
    if query.faults or query == parse(text, saved=saved_queries) or OPEN_PATTERN.search(whole):
        return ""
    return whole


def value_term(field: Field, value: str) -> str:
    """The term that finds a value of SOURCE, TAG, AUTHOR or LANG: `source:="RILO AP"`.

    A value that cannot be quoted is replaced by its words; "" if it has none.
    """
    term = f'{field}:="{value}"'
    if parse(term) == Query(Words(field, (value,), match_kind=MatchKind.WHOLE)):
        return term
    parts = to_tokens(value)
    return f'{field}:"{join_tokens(parts)}"' if parts else ""


def tag_term(tag: str, *, is_prefix: bool = False) -> str:
    """The term that finds the articles of the feeds with a tag: `feeds:news`."""
    bare = clean_tag(tag)
    quoted = bare if _PLAIN_TAG.fullmatch(bare) or (is_prefix and not bare) else f'"{bare}"'
    return f"feeds:{quoted}{'*' * is_prefix}"


def replace_value(text: str, field: Field, old: str, new: str) -> str:
    """Replace the value of terms such as `source:="Old name"`.

    The text is returned unchanged if it has no such term, or spells it as no command does.
    """
    before, after = parse(text), value_term(field, new)
    former, latter = Words(field, (old,), match_kind=MatchKind.WHOLE), _parse_node(after)
    wanted = replace_nodes(before.node, lambda node: latter if node == former else node)
    if wanted == before.node or not after:
        return text
    bare = re.compile(rf"{re.escape(f'{field}:={old}')}(?=[\s)]|\Z)")
    for candidate in (text.replace(f'{field}:="{old}"', after), bare.sub(lambda _: after, text)):
        if parse(candidate) == before._replace(node=wanted):
            return candidate
    return text


def replace_feed_tag(text: str, rename: Callable[[str], str]) -> str:
    """Rename the tags of feeds in a query such as `feeds:news`; `rename` gets a folded tag.

    The text is returned unchanged if it has none, or spells it as no command does.
    """

    def rename_node(node: Node) -> Node:
        if isinstance(node, FeedTag) and (new := rename(fold_tag(node.tag))) != fold_tag(node.tag):
            return node._replace(tag=clean_tag(new))
        return node

    def rename_term(found: re.Match[str]) -> str:
        new = rename_node(node := _parse_node(found[0]))
        if isinstance(new, FeedTag) and new != node:
            return tag_term(new.tag, is_prefix=new.is_prefix)
        return found[0]

    before = parse(text)
    wanted, candidate = replace_nodes(before.node, rename_node), _TAG_TERM.sub(rename_term, text)
    return candidate if parse(candidate) == before._replace(node=wanted) else text


def has_term(text: str, term: str, *, saved_queries: Saved = None) -> bool:
    """Return whether the text contains all parts of a term among those that must match."""
    return set(parts_of(_parse_node(term))) <= set(parts_of(_parse_node(text, saved_queries)))


def add_restriction(text: str, term: str, *, saved_queries: Saved = None) -> str:
    """Restrict a query by a term without faults."""
    if has_term(text, term, saved_queries=saved_queries):
        return text
    query = parse(text, saved=saved_queries)
    wanted = Query(all_of([_parse_node(term), query.node]), query.sort)
    typed = text.lstrip()
    candidates = [f"{term} {typed}" if typed else term, f"{term} ({typed})"]
    return _choose_equivalent(wanted, candidates, saved_queries)


def remove_restriction(text: str, term: str, *, saved_queries: Saved = None) -> str:
    """Remove a restriction; the text is returned unchanged if it does not have it."""
    if not has_term(text, term, saved_queries=saved_queries):
        return text
    query = parse(text, saved=saved_queries)
    removed = set(parts_of(_parse_node(term)))
    rest = [node for node in parts_of(query.node) if node not in removed]
    written = re.finditer(rf"(?:^|(?<=\s)){re.escape(term)}(?:\s+|$)", text)
    candidates = (text[: found.start()] + text[found.end() :] for found in written)
    return _choose_equivalent(Query(all_of(rest), query.sort), candidates, saved_queries)


def set_sort(
    text: str, sort: Sort, *, saved_queries: Saved = None, usual: Sort = Sort.NEWEST
) -> str:
    """Change the order; the usual one is written only where a saved search has another."""
    bare = _SORT.sub("", text).lstrip()
    wanted = Query(parse(text, saved=saved_queries).node, sort)
    candidates = [bare] if sort is usual else []
    candidates.append(f"sort:{sort} {bare}" if bare else f"sort:{sort}")
    return _choose_equivalent(wanted, candidates, saved_queries, usual)


def _choose_equivalent(
    query: Query, candidates: Iterable[str], saved_queries: Saved, usual: Sort = Sort.NEWEST
) -> str:
    normal = to_text(query)
    for text in candidates:
        if parse(text, saved=saved_queries, sort=usual)[:2] == query[:2]:
            return text
    return normal


def _parse_node(text: str, saved_queries: Saved = None) -> Node:
    return parse(text, saved=saved_queries).node


# -- the normal form of a tree --------------------------------------------------------------------


def words_of(query: Query) -> list[Words]:
    """The words and phrases that articles must all have."""
    nodes = query.node.nodes if isinstance(query.node, And) else ()
    return [node for node in nodes if isinstance(node, Words)]


def keep_words(query: Query, words: Sequence[Words]) -> Query:
    """The query with only some of `words_of`, and all else that it asks for."""
    nodes = query.node.nodes if isinstance(query.node, And) else ()
    kept = tuple(node for node in nodes if not isinstance(node, Words) or node in words)
    return query._replace(node=kept[0] if len(kept) == 1 else And(kept))


def to_text(query: Query, *, now: datetime | None = None) -> str:
    """The normal form of a parsed query; `now` is a moment in the zone of dates, as for `parse`."""
    text = _node_text(query.node, Calendar(now))
    if query.sort is not Sort.NEWEST:
        text = f"{text} sort:{query.sort}".lstrip()
    return text


def _node_text(node: Node, calendar: Calendar) -> str:
    if isinstance(node, Words):
        return _words_to_text(node)
    if isinstance(node, Dates | Minutes | ArticleSelection | FeedTag | MarkedDuring):
        return _filter_to_text(node, calendar)
    if isinstance(node, HasMark):
        return next(f"{name}:{node.mark}" for name, its in MARK_FIELDS.items() if node.mark in its)
    if isinstance(node, Not):
        return f"-{_part_to_text(node.node, calendar)}"
    if isinstance(node, Or):
        return _hyphenated_word(node) or " OR ".join(
            _node_text(child, calendar) for child in node.nodes
        )
    return " ".join(_part_to_text(child, calendar) for child in node.nodes)


def _filter_to_text(
    node: Dates | Minutes | ArticleSelection | FeedTag | MarkedDuring, calendar: Calendar
) -> str:
    if isinstance(node, Dates):
        return write_dates(node, calendar)
    if isinstance(node, MarkedDuring):
        return write_range(node.mark, node.dates, calendar)
    if isinstance(node, FeedTag):
        return tag_term(node.tag, is_prefix=node.is_prefix)
    return write_minutes(node) if isinstance(node, Minutes) else ""  # the others are not typed


def _part_to_text(node: Node, calendar: Calendar) -> str:
    text = _node_text(node, calendar)
    is_group = isinstance(node, And) or (isinstance(node, Or) and not _hyphenated_word(node))
    return f"({text})" if is_group else text


def _hyphenated_word(node: Or) -> str:
    """A single word that parses to a phrase or its joined form, "" for any other node."""
    phrase, *others = node.nodes
    if not isinstance(phrase, Words) or len(phrase.tokens) == 1 or phrase.field in AS_IT_IS:
        return ""
    text = "-".join(phrase.tokens)
    if others != [phrase._replace(tokens=(joined_form_of(text),))] or phrase.tokens != to_tokens(
        text
    ):
        return ""
    return _add_field(phrase, f"{text}*" if phrase.is_prefix else text)


def _words_to_text(words: Words) -> str:
    if words.match_kind is MatchKind.PATTERN:
        text = f"/{words.tokens[0]}/"
    elif words.match_kind is MatchKind.WHOLE:
        text = f'="{words.tokens[0]}"'
    else:
        text = join_tokens(words.tokens) + ("*" if words.is_prefix else "")
        if words.match_kind is MatchKind.NEARLY:
            text = f"~{text}"
        elif len(words.tokens) > 1 or not to_tokens(text):
            text = f'"{text}"'
    return _add_field(words, text)


def _add_field(words: Words, text: str) -> str:
    return text if words.field is Field.ANYWHERE else f"{words.field}:{text}"
