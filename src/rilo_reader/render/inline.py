"""Text within a block: runs of ink, from Markdown tokens and from HTML tags alike."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rilo_reader.article import clean_text, safe_url
from rilo_reader.entities import unescape
from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import PLAIN, Ink, Run
from rilo_reader.render.wrap import is_ideographic

SUPERSCRIPTS = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
SUBSCRIPTS = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")

STYLED: Mapping[str, str] = {
    "b": "strong",
    "strong": "strong",
    "dt": "strong",
    "summary": "strong",
    "i": "emphasis",
    "em": "emphasis",
    "cite": "emphasis",
    "var": "emphasis",
    "dfn": "emphasis",
    "u": "under",
    "ins": "under",
    "s": "strike",
    "del": "strike",
    "strike": "strike",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
    "mark": "strong",
    "small": "dim",
}
"""HTML elements that only change how text looks, and the field of Ink that says so."""

SILENT = frozenset({"script", "style", "template", "noscript", "object", "svg", "math"})
"""Elements whose text is not for readers."""

EMBEDDED = frozenset({"iframe", "video", "audio", "embed"})

_ATTRIBUTE = LazyPattern(r"""([A-Za-z][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_BARE = LazyPattern(
    r"(?<![\w./@])www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"]*)?"
    r"|(?<![A-Za-z0-9.+-])https?://[^\s<>\"`{}|\\^]{1,2000}",
    re.IGNORECASE,
)
_SPACES = LazyPattern(r"[ \t\r\f\v\n\u2028\u2029]+")


class Links:
    """The addresses of an article's links, in order; relative ones resolved where possible."""

    def __init__(self, base: str = "") -> None:
        self.urls: list[str] = []
        self._base = base

    def ink(self, ink: Ink, target: str) -> Ink:
        """Ink that follows `target`; unchanged where the target is not safe to follow."""
        target = target.strip()
        if not target:
            return ink
        if target.startswith("#"):
            return ink._replace(jump=target[1:].lower()) if len(target) > 1 else ink
        url = safe_url(target)
        if url is None and self._base and ":" not in target.split("/", 1)[0]:
            url = safe_url(_joined(self._base, target))
        if url is None:
            return ink
        self.urls.append(url)
        return ink._replace(link=len(self.urls))


def _joined(base: str, target: str) -> str:
    from urllib.parse import urljoin

    try:
        return urljoin(base, target)
    except ValueError:
        return ""


def marked(ink: Ink, field: str) -> Ink:
    """An ink with one of its marks set: "strong", "emphasis", "strike", "under", "code", "dim"."""
    return Ink(**{**ink._asdict(), field: True})


def attributes(text: str) -> dict[str, str]:
    """The attributes in the text of a tag, entities read, names in lower case."""
    return {
        match[1].lower(): unescape(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(text[:4_000])
    }


class Inlines:
    """Builds the runs of one block; open and close may come in any order."""

    def __init__(self, links: Links) -> None:
        self.runs: list[Run] = []
        self._links = links
        self._open: list[tuple[str, Ink, int]] = []
        self._silent = ""

    @property
    def ink(self) -> Ink:
        """The ink that text is written in now."""
        return self._open[-1][1] if self._open else PLAIN

    def write(self, text: str, ink: Ink | None = None) -> None:
        """Add text; what its entities decoded to is cleaned here."""
        if self._silent or not text:
            return
        text = clean_text(text).replace("\xad", "").replace("\t", " ").replace("\n", " ")
        ink = ink or self.ink
        if ("://" in text or "www." in text) and not ink.link and not ink.code:
            self._write_with_addresses(text, ink)
        elif text:
            self.runs.append(Run(text, ink))

    def _write_with_addresses(self, text: str, ink: Ink) -> None:
        done = 0
        for match in _BARE.finditer(text):
            address = trimmed_address(match[0])
            _, scheme, rest = address.rpartition("://")
            if not rest:
                continue
            target = address if scheme else "https://" + address
            self.runs.append(Run(text[done : match.start()], ink))
            self.runs.append(Run(address, self._links.ink(ink, target)))
            done = match.start() + len(address)
        self.runs.append(Run(text[done:], ink))

    def write_html(self, text: str) -> None:
        """Add text of an HTML element: entities read, any white space one space."""
        self.write(_SPACES.sub(" ", unescape(text)))

    def soft_break(self) -> None:
        """The end of a source line: decided when the next text is known (see finish)."""
        if not self._silent:
            self.runs.append(Run("\r", self.ink))

    def line_break(self) -> None:
        """A line break that is meant."""
        if not self._silent:
            self.runs.append(Run("\n", self.ink))

    def push(self, name: str, ink: Ink) -> None:
        """Begin an element."""
        if len(self._open) < 100:
            self._open.append((name, ink, len(self.runs)))

    def pop(self, name: str) -> None:
        """End the nearest element of that name, and all that were left open in it."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == name:
                begun = self._open[index][2]
                del self._open[index:]
                if name in ("sup", "sub"):
                    self._raise(name, begun)
                elif name == "q":
                    self.write("”")
                return

    def open_tag(self, name: str, values: Mapping[str, str]) -> None:
        """Begin an HTML element; one that means nothing within a line is passed over."""
        if self._silent:
            return
        if name in SILENT:
            self._silent = name
        elif name in STYLED:
            self.push(name, marked(self.ink, STYLED[name]))
        elif name == "a":
            self.push(name, self._links.ink(self.ink, values.get("href", "")))
        elif name in ("sup", "sub"):
            self.push(name, self.ink)
        elif name == "q":
            self.write("“")
            self.push(name, self.ink)
        elif name == "br":
            self.line_break()
        elif name == "img":
            self.image(values.get("alt", ""), values.get("src", ""))
        elif name in EMBEDDED:
            self.embedded(name, values)

    def close_tag(self, name: str) -> None:
        """End an HTML element."""
        if self._silent:
            if name == self._silent:
                self._silent = ""
            return
        self.pop(name)

    def image(self, description: str, source: str) -> None:
        """Stand in for a picture: its description, linked to its address."""
        description = " ".join(clean_text(description).split())[:300]
        ink = self.ink if self.ink.link else self._links.ink(self.ink, source)
        self.write(f"[image: {description}]" if description else "[image]", ink._replace(dim=True))

    def embedded(self, name: str, values: Mapping[str, str]) -> None:
        """Stand in for a film, a sound or a page inside the page."""
        title = " ".join(clean_text(values.get("title", "")).split())[:300]
        kind = "embedded page" if name in ("iframe", "embed") else name
        ink = self._links.ink(self.ink, values.get("src", ""))
        self.write(f"[{kind}: {title}]" if title else f"[{kind}]", ink._replace(dim=True))

    def _raise(self, name: str, begun: int) -> None:
        """Show raised or lowered text with the characters Unicode has for it."""
        text = "".join(run.text for run in self.runs[begun:])
        table = SUPERSCRIPTS if name == "sup" else SUBSCRIPTS
        if not text or any(run.ink.jump for run in self.runs[begun:]):
            return
        if all(ord(character) in table for character in text):
            self.runs[begun:] = [
                Run(run.text.translate(table), run.ink) for run in self.runs[begun:]
            ]
        elif not text.isalpha() and len(text) <= 20:
            self.runs.insert(begun, Run("^" if name == "sup" else "_", self.ink))

    def finish(self) -> list[Run]:
        """The runs, with line ends of the source resolved and white space at the edges gone."""
        runs = joined(self.runs)
        self.runs = []
        self._open.clear()
        self._silent = ""
        return runs


def joined(runs: list[Run]) -> list[Run]:
    """Runs put together: neighbours of one ink joined, source line ends a space or nothing."""
    result: list[Run] = []
    last = "\n"
    for index, (raw, ink) in enumerate(runs):
        text = raw
        if text == "\r":
            following = runs[index + 1].text if index + 1 < len(runs) else ""
            between = is_ideographic(last) and bool(following) and is_ideographic(following[0])
            text = "" if between else " "
        if last in " \n":
            text = text.lstrip(" ") if not ink.code else text
        if not text:
            continue
        if text[0] == "\n" and result:
            result[-1] = Run(result[-1].text.rstrip(" "), result[-1].ink)
        if result and result[-1].ink == ink:
            result[-1] = Run(result[-1].text + text, ink)
        else:
            result.append(Run(text, ink))
        last = text[-1]
    while result and not result[-1].text.rstrip(" \n"):
        result.pop()
    if result:
        result[-1] = Run(result[-1].text.rstrip(" \n"), result[-1].ink)
    return result


def trimmed_address(address: str) -> str:
    """A bare address without the punctuation of the sentence it stands in."""
    while address:
        last = address[-1]
        is_unpaired = last in ")]" and address.count(last) > address.count(
            "(" if last == ")" else "["
        )
        if last not in ".,;:!?'\"*_~»”’" and not is_unpaired:
            break
        address = address[:-1]
    return address
