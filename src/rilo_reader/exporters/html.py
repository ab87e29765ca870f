"""Markdown -> XHTML that can do nothing: no script, no style, no frame, nothing fetched (pure).

pulldown-cmark makes HTML of it, ammonia (nh3) takes out what is not on a short list, and what is
left is written anew as XML, so that it stands as well in a page as in an EPUB or a feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

from rilo_reader.article import Article
from rilo_reader.exporters.values import Heading
from rilo_reader.feeds.opml import NOT_XML
from rilo_reader.text import clean_line, clean_text, safe_url, shown_title

TAGS = frozenset(
    {
        *("a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dfn"),
        *("div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp"),
        *("small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead"),
        *("tr", "u", "ul", "var"),
    }
)
_DROPPED = frozenset({"script", "style", "iframe", "object", "embed", "template", "noscript"})
_ATTRIBUTES = {
    "*": {"id", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_VOID = frozenset({"br", "hr", "img"})
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}")


DEEPEST = 60
"""Elements within one another; what is nested deeper stays, at this depth."""

# Parsers look at everything that is open for each element that comes: unbounded, an article of a
# few kilobytes takes minutes. Elements that end where the next of their kind begins do not nest.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_NEVER_DEEP = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
        *("track", "wbr", "a", "p", "li", "dd", "dt", "tr", "td", "th", "thead", "tbody", "tfoot"),
    }
)
_MARKER = r"(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])"
_DEEP_LINE = re.compile(rf"^((?:[ \t]*{_MARKER}){{{DEEPEST}}})(?:[ \t]|{_MARKER})+", re.MULTILINE)


def to_xhtml(markdown: str, prefix: str, *, images: bool = False) -> str:
    """The Markdown as well-formed XHTML without anything that acts or fetches.

    Args:
        markdown: any text, however hostile.
        prefix: in front of every id, so that two articles in one page never meet: letters first.
        images: whether pictures stay pictures; else each is a link to where it is.
    """
    import nh3
    import pyromark

    options = (
        pyromark.Options.ENABLE_TABLES
        | pyromark.Options.ENABLE_STRIKETHROUGH
        | pyromark.Options.ENABLE_FOOTNOTES
        | pyromark.Options.ENABLE_TASKLISTS
    )
    html = _bounded(pyromark.html(_DEEP_LINE.sub(r"\1", clean_text(markdown)), options=options))
    # A box that cannot be ticked says less than a sign does.
    html = re.sub(r'<input disabled="" type="checkbox"( checked="")?/>', _box, html)
    safe = nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    writer = _Writer(prefix, images=images)
    writer.feed(safe)
    writer.close()
    return writer.text()


def _bounded(html: str) -> str:
    """HTML without the tags of elements that are nested too deep; made in one pass.

    It need not be exact: what looks like a tag and is none only counts as one, and is as harmless
    without it.
    """
    inside: list[str] = []
    left_out: Counter[str] = Counter()

    def kept(match: re.Match[str]) -> str:
        end, tag = match[1], match[2].lower()
        if tag in _NEVER_DEEP:
            return match[0]
        if not end and len(inside) < DEEPEST:
            inside.append(tag)
        elif not end:
            left_out[tag] += 1
            return ""
        elif left_out[tag]:
            left_out[tag] -= 1
            return ""
        elif tag in inside:
            while inside.pop() != tag:
                pass
        return match[0]

    return _TAG.sub(kept, html)


def _box(match: re.Match[str]) -> str:
    return "☑" if match[1] else "☐"


_DIVISIONS = frozenset({"dl", "dt", "dd", "figure", "figcaption", "div"})
_FLOW = frozenset({"", "div", "blockquote", "li", "td", "th"})
"""What may hold blocks; "" is the article itself."""

_BLOCKS = frozenset(
    {"blockquote", "div", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"}
)
_PARENTS = {
    "li": frozenset({"ul", "ol"}),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset({"table"})),
    "tr": frozenset({"table", "thead", "tbody", "tfoot"}),
    **dict.fromkeys(("td", "th"), frozenset({"tr"})),
}
"""Elements that stand nowhere else."""


class _Element(NamedTuple):
    """An element that is open.

    Attributes:
        source: its name in the HTML, "" for one that was put in.
        name: what it is written as, "" where it is not: then only its content is.
    """

    source: str
    name: str


class _Writer(HTMLParser):
    """Writes sanitised HTML anew, as XML, each element only where it may stand."""

    def __init__(self, prefix: str, *, images: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._prefix = prefix
        self._images = images
        self._parts: list[str] = []
        self._open: list[_Element] = []
        self._ids: set[str] = set()
        self._links: list[tuple[int, str]] = []

    def text(self) -> str:
        """What was written, every element closed and every link within it leading somewhere."""
        while self._open:
            self._close()
        for place, target in self._links:
            if target not in self._ids:
                self._parts[place] = _start("a", {})
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write one element's beginning."""
        if tag not in TAGS:
            return
        said = {name: value or "" for name, value in attrs}
        if tag == "img" and not self._images:
            self._link_to_picture(said)
            return
        name = self._placed(_renamed(tag))
        if name:
            attributes = self._attributes(tag, said)
            if attributes.get("href", "").startswith("#"):
                self._links.append((len(self._parts), attributes["href"][1:]))
            self._parts.append(_start(name, attributes))
        else:
            self._parts.append(" ")
        if tag not in _VOID:
            self._open.append(_Element(tag, name))

    def handle_endtag(self, tag: str) -> None:
        """Write one element's end, and of those in it that are open."""
        if any(element.source == tag for element in self._open):
            while self._close().source != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Write text."""
        parent = self._parent()
        if data.strip() and parent in ("ul", "ol"):
            self._put_item_in()
        elif parent in _PARENTS["tr"] | _PARENTS["td"] | _PARENTS["li"]:
            return
        self._parts.append(escape(NOT_XML.sub("", clean_text(data)), quote=False))

    def _placed(self, name: str) -> str:
        """What an element is written as where it stands; "" where it may not stand."""
        while name == "li" and self._open and self._open[-1].source == "":
            self._close()
        parent = self._parent()
        if name in _PARENTS:
            return name if parent in _PARENTS[name] else ""
        if parent in ("ul", "ol"):
            self._put_item_in()
            parent = "li"
        if parent in _PARENTS["tr"] | _PARENTS["td"]:
            return ""
        if name == "a":
            return "" if any(element.name == "a" for element in self._open) else "a"
        return name if name not in _BLOCKS or parent in _FLOW else ""

    def _parent(self) -> str:
        """The element that is open and written; what a link stands in counts for the link."""
        return next((each.name for each in reversed(self._open) if each.name not in ("", "a")), "")

    def _put_item_in(self) -> None:
        """Open an item that nobody wrote: a list holds nothing else."""
        self._parts.append("<li>")
        self._open.append(_Element("", "li"))

    def _close(self) -> _Element:
        """Write the end of the element that was opened last."""
        element = self._open.pop()
        if element.name:
            self._parts.append(f"</{element.name}>")
        return element

    def _attributes(self, tag: str, said: dict[str, str]) -> dict[str, str]:
        """The attributes that may stay."""
        allowed = {name: self._allowed(tag, name, clean_text(said[name])) for name in said}
        return {name: value for name, value in allowed.items() if value is not None}

    def _allowed(self, tag: str, name: str, value: str) -> str | None:
        """The value of an attribute as it may stand, None where it may not."""
        if name == "id":
            return self._own_id(value)
        if name == "href" and value.startswith("#"):
            return f"#{self._prefix}{value[1:]}" if _ID.fullmatch(value[1:]) else None
        if name in ("href", "src"):
            url = safe_url(value)
            return None if name == "src" and url and url.startswith("mailto:") else url
        if name in ("title", "alt"):
            return " ".join(value.split())[:500]
        pattern = "[A-Za-z0-9-]{1,35}" if name == "lang" else "[0-9]{1,4}"
        return value if re.fullmatch(pattern, value) else None

    def _own_id(self, value: str) -> str | None:
        """An id that no other element has, None where it is none or is taken."""
        own = self._prefix + value
        if not _ID.fullmatch(value) or own in self._ids:
            return None
        self._ids.add(own)
        return own

    def _link_to_picture(self, said: dict[str, str]) -> None:
        if self._placed("span") == "":
            return
        url = safe_url(said.get("src", ""))
        name = " ".join(clean_text(said.get("alt", "")).split())[:500] or "picture"
        shown = escape(NOT_XML.sub("", name), quote=False)
        if url and not url.startswith("mailto:") and "a" not in {each.name for each in self._open}:
            self._parts.append(f'<a href="{escape(url, quote=True)}">🖼 {shown}</a>')
        elif shown != "picture" or url:
            self._parts.append(f"🖼 {shown}")


def _renamed(tag: str) -> str:
    """What an element is written as: headings stand below the article's own, of level 2."""
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return f"h{min(6, int(tag[1]) + 2)}"
    return "div" if tag in _DIVISIONS else tag


def _start(name: str, attributes: Mapping[str, str]) -> str:
    """The beginning of an element, or the whole of an empty one."""
    values = {key: escape(NOT_XML.sub("", value)) for key, value in attributes.items()}
    said = "".join(f' {key}="{value}"' for key, value in values.items())
    return f"<{name}{said}/>" if name in _VOID else f"<{name}{said}>"


# Articles as one HTML page with contents: nothing in it acts, nothing in it is fetched (pure).


STYLE = """\
:root { color-scheme: light dark; --ink: #1d1d1b; --paper: #fbfaf7; --dim: #62605a; --line: #d9d6cd;
  --accent: #8a3324; --ground: #f0eee7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e3db; --paper: #191817; --dim: #a19d93;
  --line: #3a3834; --accent: #e59b85; --ground: #262421; } }
html { background: var(--paper); color: var(--ink); font: 1.05rem/1.6 Georgia, serif; }
body { max-width: 42rem; margin: 0 auto; padding: 2rem 1.2rem 6rem; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2em 0 .5em; }
a { color: var(--accent); }
nav ol { list-style: none; padding: 0; }
nav li { margin: .4em 0; }
article { border-top: 1px solid var(--line); margin-top: 3rem; }
.facts, nav small { color: var(--dim); font-size: .85rem; }
blockquote { border-left: 3px solid var(--line); margin-left: 0; padding-left: 1rem; }
pre, code { background: var(--ground); font-size: .9em; }
pre { padding: .7rem; overflow-x: auto; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left; }
@media print { nav { break-after: page; } article { break-before: page; border: 0; } }
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Chapter(NamedTuple):
    """What the contents say of an article.

    Attributes:
        name: of its place in the page.
        title: one line.
        facts: source and date, in a line.
        lang: language tag, "" where unknown.
    """

    name: str
    title: str
    facts: str
    lang: str


def chapter_of(article: Article, number: int) -> Chapter:
    """What the contents say of the article at a place, counted from 1."""
    day = article.date.date().isoformat()
    facts = " · ".join(part for part in (article.source, day) if part)
    return Chapter(f"a{number}", shown_title(article.title), facts, article.lang)


def article_html(article: Article, chapter: Chapter) -> str:
    """One article as an element of the page, XHTML too."""
    return f"{_article(article, chapter)}\n"


def _article(article: Article, chapter: Chapter) -> str:
    facts = escape(_facts(article, chapter))
    if article.url:
        url = escape(article.url, quote=True)
        facts += f' · <a href="{url}">{escape(_shown(article.url))}</a>'
    lang = f' lang="{escape(article.lang)}"' if article.lang else ""
    body = to_xhtml(article.body, f"{chapter.name}-")
    return (
        f'<article id="{chapter.name}"{lang}>\n<h2>{escape(chapter.title)}</h2>\n'
        f'<p class="facts">{facts}</p>\n{body}\n</article>'
    )


def _facts(article: Article, chapter: Chapter) -> str:
    authors = ", ".join(article.authors[:10])
    return " · ".join(part for part in (chapter.facts, authors) if part)


def _shown(url: str) -> str:
    """An address as people read it: the site's name."""
    return clean_line(url.partition("://")[2].partition("/")[0].rpartition("@")[2], 80) or url


def page(
    heading: Heading, chapters: Iterable[Chapter], bodies: Iterable[str], now: datetime
) -> Iterator[str]:
    """The parts of the page.

    Args:
        heading: its title and what was asked for.
        chapters: of every article, in order.
        bodies: `article_html` of each, in the same order; may come in pieces.
        now: when it was made.
    """
    title = escape(heading.title)
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        '<meta name="referrer" content="no-referrer"/>\n'
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    )
    articles = f"{heading.total:,} article{'' if heading.total == 1 else 's'}"
    made = now.date().isoformat()
    yield f'<h1>{title}</h1>\n<p class="facts">{articles} · {made} · rilo-reader</p>\n'
    yield "<nav>\n<ol>\n"
    for chapter in chapters:
        lang = f' lang="{escape(chapter.lang)}"' if chapter.lang else ""
        yield (
            f'<li{lang}><a href="#{chapter.name}">{escape(chapter.title)}</a> '
            f"<small>{escape(chapter.facts)}</small></li>\n"
        )
    yield "</ol>\n</nav>\n"
    yield from bodies
    yield "</body>\n</html>\n"
