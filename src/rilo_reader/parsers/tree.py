"""Build the tree of a feed's elements from XML events (pure)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urljoin

ELEMENTS = 500_000
ENTRIES_LIMIT = 50_000
TAGS = 4_000_000  # maximum number of elements of a feed; later ones are ignored
ENTRIES = frozenset({"item", "atom:entry"})
_CONTAINERS = ENTRIES | {
    "rss", "channel", "rdf:rdf", "rdf:seq", "items", "image", "textinput", "author", "contributor",
    "atom:feed", "atom:author", "atom:contributor", "atom:source", "source", "itunes:owner",
    "media:group", "media:content", "skiphours", "skipdays", "dc:creator",
}  # fmt: skip
_HOLDERS = frozenset({
    "title", "description", "summary", "content", "body", "fullitem", "abstract", "copyright",
    "atom:title", "atom:subtitle", "atom:tagline", "atom:info", "atom:summary", "atom:content",
    "atom:rights", "atom:copyright", "content:encoded", "xhtml:body", "xhtml:div", "media:title",
    "media:description", "dc:title", "dc:description", "itunes:summary", "itunes:subtitle",
    "source:markdown",
})  # fmt: skip
"""Elements that contain text for readers, in which elements are markup."""
_INLINE_TYPES = ("xhtml", "application/xhtml+xml")
_ALWAYS_INLINE = ("body", "xhtml:body", "xhtml:div")
_SIBLINGS = frozenset({
    "title", "link", "description", "pubdate", "guid", "category", "author", "comments",
    "enclosure", "content:encoded", "dc:date", "dc:creator", "dc:subject", "atom:id", "atom:link",
    "atom:updated", "atom:published", "atom:category", "atom:content", "channel",
})  # fmt: skip
"""Elements of an entry that do not occur inside text; their start ends unclosed markup."""


class LimitReachedError(Exception):
    """The document has more elements than the limit."""


@dataclass(slots=True, eq=False)
class Node:
    """An element."""

    name: str  # canonical name (see `Namespaces`)
    attributes: dict[str, str]  # by lower-case name
    base: str  # address set by `xml:base`, or ""
    lang: str  # language set by `xml:lang`, or ""
    children: list[Node] = field(default_factory=list)  # except those within text for readers
    parts: list[str] = field(default_factory=list)  # text; with markup if it is for readers
    is_inline: bool = False  # whether markup is in elements rather than escaped
    is_whole: bool = True  # whether the end of the element was read
    _children_by_name: dict[str, list[Node]] | None = None

    def text(self) -> str:
        """Return the text of the element, stripped."""
        return "".join(self.parts).strip()

    def children_by_name(self) -> dict[str, list[Node]]:
        """Return the children by name, in order; cached, so not to be used while parsing."""
        if self._children_by_name is None:
            self._children_by_name = {}
            for child in self.children:
                self._children_by_name.setdefault(child.name, []).append(child)
        return self._children_by_name

    def find_all(self, *names: str) -> list[Node]:
        """Return the children with these names, in order."""
        named = self._children_by_name or self.children_by_name()
        # An entry has about four of the forty names it is asked for.
        if named.keys().isdisjoint(names):
            return []
        if len(names) == 1:
            return list(named[names[0]])
        return [child for child in self.children if child.name in names]

    def find_first(self, *names: str) -> Node | None:
        """Return the first child of the first of these names that has text."""
        named = self._children_by_name or self.children_by_name()
        for name in names:
            for child in named.get(name, ()):
                if child.text():
                    return child
        return None

    def find_text(self, *names: str) -> str:
        """Return the text of the child that `find_first` returns, or ""."""
        found = self.find_first(*names)
        return found.text() if found else ""


class TreeBuilder:
    """Builds elements from events; then `root` and `entries` are available."""

    def __init__(self, url: str) -> None:
        self.root: Node | None = None
        self.entries: list[Node] = []
        self._url = url
        self._names = Namespaces()
        self._stack: list[Node] = []
        self._scopes: list[tuple[int, tuple[dict[str, str], str | None]]] = []
        self._text_element: Node | None = None
        self._open_markup: list[str] = []
        self._bases: list[str] = []
        self._depth = 0
        self._elements = 0
        self._tags = 0

    def handle_start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle a start tag; raise LimitReachedError if there are too many."""
        self._depth += 1
        self._tags += 1
        if self._tags > TAGS:
            raise LimitReachedError
        if self._depth == 1 and self.root is None:
            self._names.set_root(name, attributes)
        elif attributes:
            before = self._names.declare(attributes)
            if before is not None:
                self._scopes.append((self._depth, before))
        if self._text_element is None:
            self._open_element(self._names.canonical_name(name), attributes)
        else:
            self._start_markup(self._text_element, name, attributes)

    def _open_element(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element of the feed's own structure."""
        parent = self._stack[-1] if self._stack else None
        base, lang = (parent.base, parent.lang) if parent else ("", "")
        if attributes:
            attributes = {key.lower(): value for key, value in attributes.items()}
            base = self._find_base(base, attributes)
            lang = attributes.get("xml:lang", lang)
        node = Node(name, attributes, base, lang)
        self._stack.append(node)
        if self.root is None:
            self.root = node
        self._elements += 1
        if self._elements > ELEMENTS:
            raise LimitReachedError
        if parent is not None:
            parent.children.append(node)
        if name in ENTRIES:
            if len(self.entries) == ENTRIES_LIMIT:
                raise LimitReachedError
            self.entries.append(node)
        elif name in _HOLDERS:
            self._text_element = node
            node.is_inline = (
                name in _ALWAYS_INLINE
                or attributes.get("type", "") in _INLINE_TYPES
                or (attributes.get("mode", "") == "xml" and "html" in attributes.get("type", ""))
            )

    def _find_base(self, base: str, attributes: dict[str, str]) -> str:
        """Return the address that relative links inside an element are relative to."""
        if own := attributes.get("xml:base", "").strip():
            with suppress(ValueError):
                joined = urljoin(base or self._url, own)
                return joined if joined.startswith(("http://", "https://")) else base
        return base

    def _start_markup(self, holder: Node, name: str, attributes: dict[str, str]) -> None:
        """Write a start tag inside text for readers as markup."""
        is_html = self._names.canonical_name(name).startswith("xhtml:")
        plain = name.rpartition(":")[2] if is_html else name
        base = self._find_base(self._bases[-1] if self._bases else holder.base, attributes)
        if base != holder.base:
            attributes = {
                key: _resolve_attribute(base, key, value) for key, value in attributes.items()
            }
        shown = "".join(
            f' {key}="{escape(value)}"'
            for key, value in attributes.items()
            if not key.startswith(("xmlns", "xml:"))
        )
        self._open_markup.append(plain)
        self._bases.append(base)
        holder.parts.append(f"<{plain}{shown}>")

    def handle_end(self, name: str) -> None:
        """Handle the end of the innermost element."""
        if self._text_element is not None and self._open_markup:
            plain = self._open_markup.pop()
            self._bases.pop()
            if plain not in _VOID:
                self._text_element.parts.append(f"</{plain}>")
        else:
            node = self._stack.pop()
            if node is self._text_element:
                self._text_element = None
        if self._scopes and self._scopes[-1][0] == self._depth:
            self._names.restore(self._scopes.pop()[1])
        self._depth -= 1

    def handle_text(self, data: str) -> None:
        """Handle text inside the innermost element."""
        if not self._stack:
            return
        holder = self._text_element
        if holder is not None and (self._open_markup or holder.is_inline):
            holder.parts.append(escape(data, quote=False))
        else:
            self._stack[-1].parts.append(data)

    def is_closed_by(self, name: str) -> bool:
        """Return whether the start of an element implies the end of the innermost one."""
        canonical = self._names.canonical_name(name)
        innermost = self._stack[-1].name if self._stack else ""
        if canonical in ENTRIES:
            return any(node.name in ENTRIES for node in self._stack)
        if canonical not in _SIBLINGS or innermost in _CONTAINERS or len(self._stack) < 2:
            return False
        return not (self._text_element is not None and self._text_element.is_inline)

    def handle_cut(self) -> None:
        """Handle the end of a truncated document."""
        for node in self._stack:
            node.is_whole = False

    @property
    def is_cut(self) -> bool:
        """True if the document ended within the element that contains its entries."""
        holder = self.root
        if holder and holder.name == "rss":
            holder = next(iter(holder.find_all("channel")), holder)
        return holder is None or not holder.is_whole


_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
})  # fmt: skip


def _resolve_attribute(base: str, key: str, value: str) -> str:
    """Return the value of an attribute; addresses are resolved against `base`."""
    if key in ("href", "src"):
        with suppress(ValueError):
            return urljoin(base, value)
    return value


_RSS = (
    "http://purl.org/rss/1.0", "http://my.netscape.com/rdf/simple/0.9",
    "http://channel.netscape.com/rdf/simple/0.9", "http://purl.org/net/rss1.1",
    "http://backend.userland.com/rss", "http://backend.userland.com/rss2",
    "http://blogs.law.harvard.edu/tech/rss", "http://my.netscape.com/publish/formats/rss-0.91.dtd",
)  # fmt: skip
_NAMESPACES = {
    **dict.fromkeys(_RSS, ""),
    "http://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns": "atom",
    "http://example.com/newformat": "atom",
    "http://example.com/necho": "atom",
    "http://purl.org/echo": "atom",
    "uri/of/echo/namespace": "atom",
    "http://purl.org/pie": "atom",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/elements/1.0": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://search.yahoo.com/mrss": "media",
    "https://search.yahoo.com/mrss": "media",
    "http://video.search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://purl.org/rss/1.0/modules/syndication": "sy",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/xml/1998/namespace": "xml",
    "http://source.scripting.com": "source",
}
_USUAL = frozenset(_NAMESPACES.values()) - {"", "atom"}
_OTHER = "other"


class Namespaces:
    """The namespaces in scope at one place of a document, whatever prefixes it uses for them.

    Canonical names are in lower case: `title` for RSS, `atom:title`, `dc:title` and so on;
    `other:title` for unknown namespaces.
    """

    def __init__(self) -> None:
        self._prefixes: dict[str, str] = {"xml": "xml"}
        self._default: str | None = None
        self._root = ""
        self._cache: dict[str, str] = {}

    def set_root(self, root: str, attributes: dict[str, str]) -> None:
        """Determine the format from the root element; its names have no prefix."""
        self._root = "atom" if root.rpartition(":")[2].lower() in ("feed", "entry") else ""
        self.declare(attributes)
        self._default = None
        self._cache.clear()

    def declare(self, attributes: dict[str, str]) -> tuple[dict[str, str], str | None] | None:
        """Declare the namespaces of a start tag; return what to `restore` at its end, if any."""
        declared = {name: uri for name, uri in attributes.items() if name.startswith("xmlns")}
        if not declared:
            return None
        before = (self._prefixes, self._default)
        self._prefixes = dict(self._prefixes)
        for name, uri in declared.items():
            key = uri.strip().rstrip("/#").lower()
            space = _NAMESPACES.get(key)
            if name == "xmlns":
                self._default = self._root if key == "" else space
                if space is None and key:
                    self._default = _OTHER
            elif name.startswith("xmlns:"):
                prefix = name[6:].lower()
                usual = prefix if prefix in _USUAL else _OTHER
                self._prefixes[prefix] = usual if space is None else space
        self._cache.clear()
        return before

    def restore(self, before: tuple[dict[str, str], str | None]) -> None:
        """Leave the scope of an element."""
        self._prefixes, self._default = before
        self._cache.clear()

    def canonical_name(self, name: str) -> str:
        """Return the canonical name of an element."""
        canonical = self._cache.get(name)
        if canonical is None:
            prefix, colon, local = name.lower().rpartition(":")
            if colon:
                fallback = prefix if prefix in _USUAL | {"atom"} else _OTHER
                space = self._prefixes.get(prefix, fallback)
            else:
                space = self._root if self._default is None else self._default
            canonical = self._cache[name] = f"{space}:{local}" if space else local
        return canonical
