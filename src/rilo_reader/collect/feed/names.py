"""Names of elements, whatever prefixes a feed gives its namespaces (pure)."""

from __future__ import annotations

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


class Names:
    """What the prefixes mean, at one place of a document.

    The names that come out are `title` for RSS, `atom:title`, `dc:title` and so on, in lower case;
    `other:title` in a namespace that no reader of ours knows.
    """

    def __init__(self) -> None:
        self._prefixes: dict[str, str] = {"xml": "xml"}
        self._default: str | None = None
        self._root = ""
        self._known: dict[str, str] = {}

    def begin(self, root: str, attributes: dict[str, str]) -> None:
        """Take the root's name for the format: its names without a prefix are the format's own."""
        self._root = "atom" if root.rpartition(":")[2].lower() in ("feed", "entry") else ""
        self.declare(attributes)
        self._default = None
        self._known.clear()

    def declare(self, attributes: dict[str, str]) -> tuple[dict[str, str], str | None] | None:
        """Take up the namespaces that a start tag declares; returns what to `restore` at its end.

        None where it declares none.
        """
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
                prefix = name[6:]
                usual = prefix.lower() if prefix.lower() in _USUAL else _OTHER
                self._prefixes[prefix] = usual if space is None else space
        self._known.clear()
        return before

    def restore(self, before: tuple[dict[str, str], str | None]) -> None:
        """Go back to what the names meant outside the element."""
        self._prefixes, self._default = before
        self._known.clear()

    def canonical(self, name: str) -> str:
        """The name of an element as our readers know it."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._resolve(name)
        return known

    def _resolve(self, name: str) -> str:
        prefix, colon, local = name.rpartition(":")
        if colon:
            fallback = prefix.lower() if prefix.lower() in _USUAL | {"atom"} else _OTHER
            space = self._prefixes.get(prefix, fallback)
        else:
            space = self._root if self._default is None else self._default
        return f"{space}:{local.lower()}" if space else local.lower()
