"""Format Markdown as safe XHTML, and articles as one HTML page (pure).

The XHTML has no scripts, styles or frames, and loads nothing. pulldown-cmark converts the Markdown
to HTML, ammonia (nh3) removes what is not allowed, and the result is rewritten as well-formed XML
for pages, EPUB books and feeds.
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


MAX_DEPTH = 60
"""Levels of nested elements; deeper ones lose their tags, but not their content."""

# Parsers search all open elements for each new one, so that an article of a few kilobytes could
# take minutes. Elements that end where the next of their kind begins do not nest.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_NEVER_DEEP = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
        *("track", "wbr", "a", "p", "li", "dd", "dt", "tr", "td", "th", "thead", "tbody", "tfoot"),
    }
)
_MARKER = r"(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])"
_DEEP_LINE = re.compile(rf"^((?:[ \t]*{_MARKER}){{{MAX_DEPTH}}})(?:[ \t]|{_MARKER})+", re.MULTILINE)


def to_xhtml(markdown: str, prefix: str, *, images: bool = False) -> str:
    """Convert Markdown to well-formed XHTML that is safe and loads nothing.

    Args:
        markdown: any text, possibly hostile.
        prefix: prefix of all ids, so that articles in one page do not clash; begins with a letter.
        images: whether images are kept; otherwise they become links.
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
    # A disabled checkbox is replaced by a character.
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
    """Remove the tags of elements that are nested too deeply, in one pass.

    It need not be exact: text that only looks like a tag is counted as one, which is harmless.
    """
    inside: list[str] = []
    left_out: Counter[str] = Counter()

    def bounded_tag(match: re.Match[str]) -> str:
        end, tag = match[1], match[2].lower()
        if tag in _NEVER_DEEP:
            return match[0]
        if not end and len(inside) < MAX_DEPTH:
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

    return _TAG.sub(bounded_tag, html)


def _box(match: re.Match[str]) -> str:
    return "☑" if match[1] else "☐"


_DIVISIONS = frozenset({"dl", "dt", "dd", "figure", "figcaption", "div"})
_FLOW = frozenset({"", "div", "blockquote", "li", "td", "th"})
"""Elements that may contain blocks; "" is the article itself."""

_BLOCKS = frozenset(
    {"blockquote", "div", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"}
)
_PARENTS = {
    "li": frozenset({"ul", "ol"}),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset({"table"})),
    "tr": frozenset({"table", "thead", "tbody", "tfoot"}),
    **dict.fromkeys(("td", "th"), frozenset({"tr"})),
}
"""The only parents that these elements may have."""


class _Element(NamedTuple):
    """An open element.

    Attributes:
        source: its name in the HTML, "" if it was inserted.
        name: its name in the output, "" if only its content is written.
    """

    source: str
    name: str


class _Writer(HTMLParser):
    """Rewrites sanitised HTML as XML, with elements only where they are allowed."""

    def __init__(self, prefix: str, *, images: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._prefix = prefix
        self._images = images
        self._parts: list[str] = []
        self._open: list[_Element] = []
        self._ids: set[str] = set()
        self._links: list[tuple[int, str]] = []

    def text(self) -> str:
        """The output, with all elements closed and without links to missing ids."""
        while self._open:
            self._close()
        for place, target in self._links:
            if target not in self._ids:
                self._parts[place] = _start("a", {})
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write a start tag."""
        if tag not in TAGS:
            return
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and not self._images:
            self._link_to_picture(given)
            return
        name = self._placed(_renamed(tag))
        if name:
            attributes = self._attributes(tag, given)
            if attributes.get("href", "").startswith("#"):
                self._links.append((len(self._parts), attributes["href"][1:]))
            self._parts.append(_start(name, attributes))
        else:
            self._parts.append(" ")
        if tag not in _VOID:
            self._open.append(_Element(tag, name))

    def handle_endtag(self, tag: str) -> None:
        """Write the end tags of an element and of open elements in it."""
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
        """The name to write an element as at this place, "" if it is not allowed."""
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
        """The innermost open element that is written, ignoring links."""
        return next((each.name for each in reversed(self._open) if each.name not in ("", "a")), "")

    def _put_item_in(self) -> None:
        """Insert a list item, since lists may contain nothing else."""
        self._parts.append("<li>")
        self._open.append(_Element("", "li"))

    def _close(self) -> _Element:
        """Write the end tag of the innermost element."""
        element = self._open.pop()
        if element.name:
            self._parts.append(f"</{element.name}>")
        return element

    def _attributes(self, tag: str, given: dict[str, str]) -> dict[str, str]:
        """The attributes that are allowed."""
        allowed = {name: self._allowed(tag, name, clean_text(given[name])) for name in given}
        return {name: value for name, value in allowed.items() if value is not None}

    def _allowed(self, tag: str, name: str, value: str) -> str | None:
        """The safe value of an attribute, None if it is not allowed."""
        if name == "id":
            return self._unique_id(value)
        if name == "href" and value.startswith("#"):
            return f"#{self._prefix}{value[1:]}" if _ID.fullmatch(value[1:]) else None
        if name in ("href", "src"):
            url = safe_url(value)
            return None if name == "src" and url and url.startswith("mailto:") else url
        if name in ("title", "alt"):
            return " ".join(value.split())[:500]
        pattern = "[A-Za-z0-9-]{1,35}" if name == "lang" else "[0-9]{1,4}"
        return value if re.fullmatch(pattern, value) else None

    def _unique_id(self, value: str) -> str | None:
        """A unique id, None if it is invalid or taken."""
        full_id = self._prefix + value
        if not _ID.fullmatch(value) or full_id in self._ids:
            return None
        self._ids.add(full_id)
        return full_id

    def _link_to_picture(self, given: dict[str, str]) -> None:
        if self._placed("span") == "":
            return
        url = safe_url(given.get("src", ""))
        name = " ".join(clean_text(given.get("alt", "")).split())[:500] or "picture"
        shown = escape(NOT_XML.sub("", name), quote=False)
        if url and not url.startswith("mailto:") and "a" not in {each.name for each in self._open}:
            self._parts.append(f'<a href="{escape(url, quote=True)}">🖼 {shown}</a>')
        elif shown != "picture" or url:
            self._parts.append(f"🖼 {shown}")


def _renamed(tag: str) -> str:
    """The name to write an element as; headings are moved below the article's, of level 2."""
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return f"h{min(6, int(tag[1]) + 2)}"
    return "div" if tag in _DIVISIONS else tag


def _start(name: str, attributes: Mapping[str, str]) -> str:
    """The start tag of an element, or the whole of an empty one."""
    values = {key: escape(NOT_XML.sub("", value)) for key, value in attributes.items()}
    given = "".join(f' {key}="{value}"' for key, value in values.items())
    return f"<{name}{given}/>" if name in _VOID else f"<{name}{given}>"


# -- a page of articles ---------------------------------------------------------------------------

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
    """An article in the table of contents.

    Attributes:
        name: the id of its element.
        title: one line.
        details: source and date in one line.
        lang: language tag, or "".
    """

    name: str
    title: str
    details: str
    lang: str


def chapter_of(article: Article, number: int) -> Chapter:
    """The chapter of an article at a position, counted from 1."""
    day = article.date.date().isoformat()
    details = " · ".join(part for part in (article.source, day) if part)
    return Chapter(f"a{number}", shown_title(article.title), details, article.lang)


def article_html(article: Article, chapter: Chapter) -> str:
    """An article as an element of the page or book, in XHTML."""
    return f"{_article(article, chapter)}\n"


def _article(article: Article, chapter: Chapter) -> str:
    details = escape(_facts(article, chapter))
    if article.url:
        url = escape(article.url, quote=True)
        details += f' · <a href="{url}">{escape(_shown(article.url))}</a>'
    lang = f' lang="{escape(article.lang)}"' if article.lang else ""
    body = to_xhtml(article.body, f"{chapter.name}-")
    return (
        f'<article id="{chapter.name}"{lang}>\n<h2>{escape(chapter.title)}</h2>\n'
        f'<p class="facts">{details}</p>\n{body}\n</article>'
    )


def _facts(article: Article, chapter: Chapter) -> str:
    authors = ", ".join(article.authors[:10])
    return " · ".join(part for part in (chapter.details, authors) if part)


def _shown(url: str) -> str:
    """The host of an address."""
    return clean_line(url.partition("://")[2].partition("/")[0].rpartition("@")[2], 80) or url


def page(
    heading: Heading, chapters: Iterable[Chapter], bodies: Iterable[str], now: datetime
) -> Iterator[str]:
    """Yield the parts of a page.

    Args:
        heading: title and number of articles.
        chapters: the chapters, in order.
        bodies: the results of `article_html` in the same order, possibly in pieces.
        now: the date of the page.
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
            f"<small>{escape(chapter.details)}</small></li>\n"
        )
    yield "</ol>\n</nav>\n"
    yield from bodies
    yield "</body>\n</html>\n"
