"""Text from outside made safe to show: cleaned text, titles, addresses, file names (pure)."""

from __future__ import annotations

import functools
import re
from html import unescape

LINE_LIMIT = 500
"""Characters of a title and of every other one-line text, unless its user asks for fewer."""

URL_LIMIT = 4096
"""Characters of a web address; nothing longer is a link."""

# What a terminal could obey, or what could make a line look like another: C0 but \n and \t, DEL,
# C1, line and paragraph separators, bidi embeddings, overrides and isolates, the byte order mark,
# interlinear annotations, tag characters, lone surrogates. ZWJ and ZWNJ stay: scripts need them.
_UNSAFE_CHARACTER = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# A run of them is one match. Written so, since `re` finds where a class stands a third faster than
# where a repeated one begins.
_UNSAFE = re.compile(f"{_UNSAFE_CHARACTER}{_UNSAFE_CHARACTER}*")
_PLAIN_ASCII = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
_SPACES = re.compile("[ \t\n]+")


def clean_text(text: str) -> str:
    """The text without anything that a terminal could obey; CRLF and lone CR become line feeds.

    Drops the control characters of C0 but line feed and tab, DEL, C1, U+202A to U+202E, U+2066 to
    U+2069, U+2028, U+2029, U+FEFF, U+FFF9 to U+FFFB, U+E0000 to U+E007F and lone surrogates.
    Everything else stays as it is. Idempotent.
    """
    try:
        # Deleting plain ASCII leaves nothing for most texts and little for the rest, at a fraction
        # of what looking at each character costs (2 µs instead of 15 for 3,000 characters).
        unusual = text.encode().translate(None, _PLAIN_ASCII)
    except UnicodeEncodeError:
        pass
    else:
        if not unusual or _UNSAFE.search(unusual.decode()) is None:
            return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub("", text)


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """The text, cleaned, as one line: white space collapsed and stripped, at most `limit` long.

    What is cut is replaced by "…". No-break and ideographic spaces inside stay. Idempotent.
    """
    # What is printable holds nothing unsafe: all of that is Cc, Cf, Cs, Zl, Zp or unassigned.
    if not (text.isprintable() and "  " not in text):
        text = _SPACES.sub(" ", clean_text(text))
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


_INLINE_TAG = re.compile(
    r"(?i)</?(?:a|abbr|b|bdi|br|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u"
    r"|wbr)(?:\s[^<>]*)?/?>"
)


def shown_title(title: str) -> str:
    """A title as it is meant: HTML entities as their characters, without inline HTML tags.

    Content systems leave `NOAA&#8217;s` and `<em>` in titles. Article.title keeps them, as the
    header has them and search counts their words; what shows a title shows this. Clean again
    afterwards: an entity can stand for a control character. Never empty unless the title is.
    """
    if "&" not in title and "<" not in title:
        return title
    without_tags = _INLINE_TAG.sub(lambda tag: " " if tag[0][1:3].lower() == "br" else "", title)
    return clean_line(unescape(without_tags)) or title


_PLAIN_URL = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?"
    r"(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=-]*"
    r"(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~:/?#@!$&'()*+,;=-]*)*)?"
)
_URL = re.compile(r"(?i)(https?)://([^/?#\\]+)([^\\]*)|(mailto):(\S.*)")
_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]-._~"


def safe_url(text: str) -> str | None:
    """The web or mail address in a form that is safe to show, to open and to hand to a terminal.

    Only absolute http, https and mailto. The result is printable ASCII without spaces, and without
    signs that no address holds ("<>` and braces): these are percent-encoded, and a host of other
    letters is in its IDNA form (so that a look-alike shows). None where the text is no such
    address, holds a control or bidi character, or is longer than URL_LIMIT. Idempotent.
    """
    text = text.strip()
    if _PLAIN_URL.fullmatch(text):
        return text if len(text) <= URL_LIMIT else None
    if len(text) > URL_LIMIT or _UNSAFE.search(text) or "\n" in text or "\t" in text:
        return None
    match = _URL.fullmatch(text)
    if match is None:
        return None
    if match[4]:
        if match[5].startswith("//"):
            return None  # a host, which mail has none of
        url = "mailto:" + _percent_encoded(match[5])
    else:
        host = _ascii_host(match[2])
        if host is None:
            return None
        url = f"{match[1].lower()}://{host}{_percent_encoded(match[3])}"
    return url if len(url) <= URL_LIMIT else None


def _percent_encoded(text: str) -> str:
    """The text as printable ASCII; what is percent-encoded already stays."""
    from urllib.parse import quote

    return quote(_PERCENT.sub("%25", text), safe=_URL_SAFE)


_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?::[0-9]{1,5})?")
_IPV6_HOST = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


def _ascii_host(authority: str) -> str | None:
    """User, host and port of a web address in ASCII; None where that cannot be a host."""
    user, at, host = authority.rpartition("@")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    # Asked of the encoded host: compatibility forms may fold to what ends one ("℀" is "a/c").
    if not _HOST.fullmatch(host):
        bracketed = _IPV6_HOST.fullmatch(host)
        if bracketed is None or not _is_ipv6(bracketed[1]):
            return None
    return re.sub(r"[][/?#@]", "", _percent_encoded(user)) + at + host


def _is_ipv6(text: str) -> bool:
    """Whether this is an IPv6 address."""
    from ipaddress import IPv6Address

    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


WORDS_A_MINUTE = 238
CHARACTERS_A_MINUTE = 400
LONG = 200_000


def reading_minutes(body: str) -> int:
    """How many minutes the text takes to read, at least 1.

    Silent reading: 238 words a minute, and 400 characters where a script has no spaces. Of a text
    as long as a book the first hundred pages tell.
    """
    if len(body) > LONG:
        return round(reading_minutes(body[:LONG]) * len(body) / LONG)
    characters = 0
    if not body.isascii():
        body, characters = _unspaced().subn(" ", body)
    minutes = len(body.split()) / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE
    return max(1, round(minutes))


@functools.cache
def _unspaced() -> re.Pattern[str]:
    """A character of a script without spaces: Thai, Lao, Burmese, Khmer; kana; Han.

    Hangul has spaces. Prepared when first needed, since that takes 2 ms.
    """
    return re.compile(
        "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
        "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    )


_RESERVED = re.compile("(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$")
_ASCII_WORDS = re.compile("[a-z0-9]+")
SLUG_BYTES = 120


def slug(text: str) -> str:
    """The text as a part of a file name: lower case, letters and digits of any script, hyphens.

    Latin letters lose their accents. At most SLUG_BYTES long in UTF-8, never a name that Windows
    reserves; "" where the text holds no letter and no digit.
    """
    line = clean_line(text)
    if line.isascii():
        return _short("-".join(_ASCII_WORDS.findall(line.lower().replace("'", ""))))
    import unicodedata

    plain = unicodedata.normalize("NFKD", line).casefold()
    plain = unicodedata.normalize("NFKC", re.sub("(?<=[a-z])[\u0300-\u036f]+|['’]", "", plain))
    kinds = (unicodedata.category(character)[0] for character in plain)
    kept = "".join(
        character if kind in "LNM" else "-" for character, kind in zip(plain, kinds, strict=True)
    )
    # Vowel signs belong to the letter before them; a mark without one is not a name.
    return _short(re.sub("-[-\ufe0e\ufe0f]*", "-", kept).strip("-\ufe0e\ufe0f"))


def _short(name: str) -> str:
    """A name that every file system takes."""
    if len(name.encode()) > SLUG_BYTES:
        cut = name.encode()[:SLUG_BYTES].decode(errors="ignore")
        whole_words = cut.rpartition("-")[0]
        name = (whole_words if len(whole_words) > 20 else cut).strip("-")
    return f"{name}-file" if _RESERVED.match(name) else name
