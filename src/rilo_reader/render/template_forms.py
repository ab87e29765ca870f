"""What tags of Jekyll, Hugo, Zola and Go's blog stand for: a picture, a link, words, nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from rilo_reader.lazy import LazyPattern


class Meaning(NamedTuple):
    """What a tag is shown as, in the terms of HTML.

    Attributes:
        tag: the element, "" for none.
        words: the text in it.
        values: the element's attributes.
        after: text that follows the element.
        address: what the tag adds to an address that it is part of; None where nobody can know.
    """

    tag: str = ""
    words: str = ""
    values: Mapping[str, str] = MappingProxyType({})
    after: str = ""
    address: str | None = None

    @property
    def is_silent(self) -> bool:
        """Whether nothing of it is shown."""
        return not self.tag and not self.words


SILENT = Meaning()

CONTROLS = frozenset(
    {"assign", "for", "if", "elsif", "unless", "case", "when", "capture", "tablerow", "increment"}
    | {"decrement", "cycle"}
)
"""Tags of Liquid that say something to the machine, and need something said after the name."""

BARE_CONTROLS = frozenset(
    {"endfor", "endif", "else", "endunless", "endcase", "endcapture", "endtablerow", "break"}
    | {"continue", "toc"}
)
"""Tags of Liquid that are whole with their name alone."""

INCLUDES = frozenset({"include", "include_relative", "include_cached", "render"})

PICTURES = frozenset({"figure", "image", "image_with_class", "img", "picture", "photo"})
"""Names of tags that show a picture; any name with `img` in it is one too."""

SITE_ROOT = frozenset({"site.url", "site.baseurl", "site.base_url", "baseurl"})

_FILMS = {
    "youtube": "https://www.youtube.com/watch?v=",
    "vimeo": "https://vimeo.com/",
}
_WORDS = ("text", "title", "label", "caption", "heading", "name", "summary", "alt")
_QUOTED = r""""(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|“[^”]*”"""
_ARGUMENT = LazyPattern(rf"(?:([A-Za-z_][\w-]*)\s*[=:]\s*)?({_QUOTED}|[^\s,\"'`]+)", re.DOTALL)
_MARKS = LazyPattern(r"\*\*|__|\\(?=\W)|<[^<>]*>")


class Arguments(NamedTuple):
    """What stands after a tag's name: values by name, and those without one in order."""

    named: Mapping[str, str]
    others: tuple[str, ...]

    def first(self, *names: str) -> str:
        """The first of the named values that is not empty, or ""."""
        return next((self.named[name] for name in names if self.named.get(name)), "")


def arguments(text: str) -> Arguments:
    """Read `"a" b key="c" key: 'd'`; quotation marks are taken off."""
    named: dict[str, str] = {}
    others: list[str] = []
    for match in _ARGUMENT.finditer(text):
        value = match[2]
        if len(value) > 1 and value[0] in "\"'`“":
            value = value[1:-1].replace('\\"', '"')
        if match[1]:
            named.setdefault(match[1].lower(), value)
        else:
            others.append(value)
    return Arguments(named, tuple(others))


def aside(source: str) -> Meaning:
    """A tag that nobody can know the meaning of here: itself, dim."""
    return Meaning("small", " ".join(source.split()))


def liquid_tag(source: str, name: str, rest: str, *, alone: bool) -> Meaning | None:
    """What `{% name rest %}` means; None where it is text.

    What only the machine reads is left out where it stands on a line of its own, and dim within a
    sentence, which may be about it.
    """
    if name in PICTURES:
        return _picture(arguments(rest), last_is_words=True) if rest else None
    if name in ("link", "post_url"):
        return aside(source) if rest else None
    if name in INCLUDES:
        return _include(source, arguments(rest)) if rest else None
    if name in BARE_CONTROLS or (name in CONTROLS and rest):
        return SILENT if alone else aside(source)
    return None


def liquid_value(source: str, value: str) -> Meaning:
    """What `{{ value }}` means: whatever it is, it is not here, so its name shows."""
    name = value.split("|", 1)[0].strip()
    if name in SITE_ROOT:
        return aside(source)._replace(address="")
    if name[:1] in "\"'":
        return aside(source)._replace(address=_path(name[1:-1]))
    return aside(source)


def go_tag(source: str, name: str, rest: str) -> Meaning:
    """What `{{image "x"}}`, `{{video "x"}}`, `{{code "x"}}` and `{{play "x"}}` mean."""
    given = arguments(rest)
    if name == "image":
        return _picture(Arguments({}, ()))
    if name == "video" and given.others:
        return Meaning("video", values={"src": given.others[0]})
    return aside(source)


def shortcode(source: str, name: str, rest: str, *, is_box: bool) -> Meaning:
    """What Hugo's `{{< name rest >}}` and Zola's `{{ name(rest) }}` mean.

    Args:
        source: the whole tag.
        name: its name, with a slash before it where it closes a box.
        rest: what stands after the name.
        is_box: whether the text has both an opening and a closing tag of that name.
    """
    if name.startswith("/"):
        return SILENT if is_box else aside(source)
    given = arguments(rest)
    address = _path(given.others[0]) if given.others else None
    special = _SPECIAL.get(name)
    if special is not None:
        return special(given)
    if name in PICTURES or "img" in name:
        return _picture(given)._replace(address=address)
    words = _plain(given.first(*_WORDS))
    if words:
        return _worded(words, _path(given.first("href", "link", "url", "src")), is_box=is_box)
    return SILENT if is_box else aside(source)._replace(address=address)


def _worded(words: str, target: str | None, *, is_box: bool) -> Meaning:
    """A tag that says words: a link, the title of a box, or only words."""
    if target:
        return Meaning("a", words, {"href": target})
    return Meaning("b", words, after=" ") if is_box else Meaning(words=words)


def _quotation(given: Arguments) -> Meaning:
    words, cite = (
        _plain(given.first("text", "quote")),
        _plain(given.first("cite", "author", "source")),
    )
    return Meaning(words=f"“{words}”" + (f" — {cite}" if cite else "")) if words else SILENT


def _film(address: str) -> Callable[[Arguments], Meaning]:
    def read(given: Arguments) -> Meaning:
        number = given.first("id") or (given.others[0] if given.others else "")
        source = number if "://" in number else address + number
        return Meaning("video", values={"title": given.first("title", "alt"), "src": source})

    return read


def _post(given: Arguments) -> Meaning:
    user = given.first("user") or (given.others[0] if len(given.others) > 1 else "")
    number = given.first("id") or (given.others[-1] if given.others else "")
    address = f"https://twitter.com/{user or 'i'}/status/{number}"
    return Meaning("a", f"@{user}" if user else address, {"href": address})


def _gist(given: Arguments) -> Meaning:
    address = "https://gist.github.com/" + "/".join(given.others[:2])
    return Meaning("a", address, {"href": address})


def _contents(given: Arguments) -> Meaning:
    return SILENT


_SPECIAL: Mapping[str, Callable[[Arguments], Meaning]] = {
    "gist": _gist,
    "toc": _contents,
    "table_of_contents": _contents,
    "tableofcontents": _contents,
    "quote-block": _quotation,
    "tweet": _post,
    "x": _post,
    **{name: _film(address) for name, address in _FILMS.items()},
}


def _picture(given: Arguments, *, last_is_words: bool = False) -> Meaning:
    """A picture: what it shows, and after it the words below it."""
    caption = _plain(given.first("caption"))
    shows = _plain(given.first("alt", "title"))
    if not shows and last_is_words and len(given.others) > 1:
        shows = _plain(given.others[-1])
    source = _path(given.first("src", "image", "image_path", "url", "file"))
    values = {"alt": shows or caption, "src": source or ""}
    return Meaning("img", values=values, after=f" {caption} " if shows and caption else " ")


def _include(source: str, given: Arguments) -> Meaning:
    if given.first("quote"):
        return _quotation(given)
    words = _plain(given.first(*_WORDS))
    if given.first("src", "image", "image_path") and words:
        return _picture(given)
    return Meaning(words=words) if words else aside(source)


def _plain(text: str) -> str:
    """Words without the marks of Markdown or HTML that these languages allow in them."""
    return " ".join(_MARKS.sub("", text).split())


def _path(text: str) -> str | None:
    """A web address or a path from the site's root; None for what only the site's maker knows."""
    if text.startswith(("http://", "https://")):
        return text
    return text if text.startswith("/") and not text.endswith(".md") else None
