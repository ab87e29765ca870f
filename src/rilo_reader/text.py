"""Make text from outside safe to show: text, titles, addresses, parts of file names (pure)."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from html import escape, unescape
from ipaddress import IPv6Address
from typing import cast
from urllib.parse import quote, unquote


class _LazyPattern:
    def __init__(self, source: str, flags: int) -> None:
        self._source = source, flags

    def __getattr__(self, name: str) -> object:
        compiled = re.compile(*self._source)
        self.__dict__[name] = found = getattr(compiled, name)
        return found


def lazy_re(source: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression that is compiled when it is first used.

    Of 150 that a launch imports, its first frame uses a dozen.
    """
    return cast("re.Pattern[str]", _LazyPattern(source, flags))


LINE_LIMIT = 500
"""Default length of one-line texts, such as titles, in characters."""

URL_LIMIT = 4096
"""Characters of the longest address that counts as a link."""

# Characters that can control a terminal or disguise text: C0 but \n and \t, DEL, C1, line and
# paragraph separators, bidi embeddings, overrides and isolates, the byte order mark, interlinear
# annotations, tag characters, lone surrogates; also what stands for a part of a picture in kitty's
# graphics protocol. ZWJ and ZWNJ are kept, since scripts need them.
_UNSAFE_CHARACTER = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f\U0010eeee]"
)
_ASCII = bytes(range(0x80))
_PLAIN_ASCII = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
_SPACES = lazy_re("[ \t\n]+")


# `re` finds a single class a third faster than a repeated one.
_UNSAFE = lazy_re(f"{_UNSAFE_CHARACTER}{_UNSAFE_CHARACTER}*")


def clean_text(text: str) -> str:
    """Remove characters that can control a terminal; CRLF and lone CR become line feeds.

    Everything but _UNSAFE_CHARACTER is kept. Idempotent.
    """
    try:
        # Deleting plain ASCII leaves little to search, and is much faster than searching all of
        # the text (2 µs instead of 15 for 3,000 characters).
        unusual = text.encode().translate(None, _PLAIN_ASCII).decode()
    except UnicodeEncodeError:
        pass
    else:
        # Printable text is safe: unsafe characters are all Cc, Cf, Cs, Zl, Zp or unassigned.
        if unusual.isprintable() or _UNSAFE.search(unusual) is None:
            return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub("", text)


def clean_body(text: str) -> str:
    """Clean a text of several lines that is shown: also the rest of `ESC[31m` goes."""
    return clean_text(re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", text) if "\x1b" in text else text)


def json_text(value: object, *, indent: int | None = None) -> str:
    """JSON that is harmless on a terminal: control characters and lone surrogates are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if clean_text(text) != text:
        text = json.dumps(value, indent=indent).replace("\x7f", "\\u007f")
    return text


def format_count(number: int, noun: str) -> str:
    """A number of things: "1 feed", "1,204 feeds", "2 searches"."""
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"


def split_tags(text: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Split a line into tags without duplicates; a known one may have commas."""
    with_commas = sorted((tag for tag in known if "," in tag), key=len, reverse=True)
    whole = "|".join(map(re.escape, with_commas)) or "(?!)"
    found = re.findall(rf"\s*((?:{whole})(?=\s*(?:,|$))|[^,]+),?", text)
    cleaned = (clean_line(tag) for tag in found)
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Clean a text and make it one line: white space collapsed and stripped, at most `limit` long.

    A longer text ends with "…". No-break and ideographic spaces inside are kept. Idempotent.
    """
    # Printable text is safe, as in `clean_text`.
    if not (text.isprintable() and "  " not in text):
        text = _SPACES.sub(" ", clean_text(text))
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


_INLINE_TAG = (
    r"(?i)</?(?:a|abbr|b|bdi|br|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u"
    r"|wbr)(?:\s[^<>]*)?/?>"
)


def to_display_title(title: str) -> str:
    """A title for display, without inline HTML tags and with character references resolved.

    Content systems leave `NOAA&#8217;s` and `<em>` in titles. `Article.title` keeps them, as in
    the front matter and in the index. The result is cleaned again, since a reference can stand for
    a control character. Never empty unless the title is.
    """
    if "&" not in title and "<" not in title:
        return title
    shown = re.sub(_INLINE_TAG, lambda tag: " " if tag[0][1:3].lower() == "br" else "", title)
    return clean_line(unescape(shown)) or title


_PLAIN_URL = lazy_re(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?"
    r"(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=-]*"
    r"(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~:/?#@!$&'()*+,;=-]*)*)?"
)
_URL = r"(?i)(https?)://([^/?#\\]+)([^\\]*)|(mailto):(\S.*)"
_URL_SAFE = "!#$%&'()*+,/:;=?@[]-._~"


_CREDENTIALS = lazy_re(r"(?<=[/\\]{2})[^/\\?#]*@")
_PARAMETER = lazy_re(
    r"([?&;#][^=&?#;\s]{1,100}=)"  # its name, which decides
    r"([^&;#\s\"'<>]+(?:;[^=&;#\s\"'<>]*(?=[&;#\s\"'<>]|$))*)"  # a value may have a semicolon
)
_SECRET = lazy_re(
    r"token|secret|passw|signature|credential|api_?key|auth(?!ors?(?![a-z]))|key(?![a-z])"
    r"|(?<![a-z])(?:pass|pwd|sig|sid|jwt|session)(?![a-z])"
)


def strip_login(url: str) -> str:
    """Return an address, valid or not, without `user:password@`."""
    return _CREDENTIALS.sub("", url)


def redact_address(text: str) -> str:
    """Return an address, or a text with some, as people may see it.

    Logins are left out, and values of a query whose names say that they are secret are "…". What
    is hidden in a path is not known.
    """

    def shown(found: re.Match[str]) -> str:
        return f"{found[1]}…" if _SECRET.search(unquote(found[1]).lower()) else found[0]

    return _PARAMETER.sub(shown, strip_login(text))


def has_secret(text: str) -> bool:
    """Return whether a TOML text has headers, their command, or an address with a secret."""
    if re.search(r"(?m)^(?!\s*#).*\bheader(s|_command)\s*[=\].]", text):  # our head explains them
        return True
    words = re.findall(r"[^\s\"'<>]+", text)
    words = [word for word in words if re.search("[^@]@|[?&;#].+=", word)]
    named = (word if "://" in word else f"https://{word}" for word in words)
    return any(redact_address(word) != word for word in named)


def safe_url(text: str) -> str | None:
    """A web or mail address in a form that is safe to show, to open and to print; else None.

    Accepts absolute http, https and mailto addresses without control or bidi characters, of at
    most URL_LIMIT characters. The result is printable ASCII without spaces, "<>` and braces, which
    are percent-encoded. An international host is in its IDNA form, which exposes look-alikes.
    Idempotent.
    """
    text = text.strip()
    if _PLAIN_URL.fullmatch(text):
        return text if len(text) <= URL_LIMIT else None
    if len(text) > URL_LIMIT or _UNSAFE.search(text) or "\n" in text or "\t" in text:
        return None
    match = re.fullmatch(_URL, text)
    if match is None:
        return None
    if match[4]:
        # Mail has no host, which `//` would begin.
        url = None if match[5].startswith("//") else "mailto:" + _percent_encoded(match[5])
    else:
        host = _ascii_host(match[2])
        url = host and f"{match[1].lower()}://{host}{_percent_encoded(match[3])}"
    return url if url and len(url) <= URL_LIMIT else None


def other_web_address(text: str, url: str) -> str:
    """Return a safe http or https address other than `url`; "" for other texts."""
    address = safe_url(text) or ""
    return address if address.startswith("http") and address != url else ""


def _percent_encoded(text: str) -> str:
    """Percent-encode a text to printable ASCII; existing escapes are kept."""
    return quote(re.sub("%(?![0-9A-Fa-f]{2})", "%25", text), safe=_URL_SAFE)


_HOST = r"[A-Za-z0-9_][A-Za-z0-9._-]*(?::[0-9]{1,5})?"
_IPV6_HOST = r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?"


def _ascii_host(authority: str) -> str | None:
    """User, host and port of a web address in ASCII, None if the host is invalid."""
    user, at, host = authority.rpartition("@")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    # Checked after encoding: compatibility forms may fold to a delimiter ("℀" is "a/c").
    if not re.fullmatch(_HOST, host):
        bracketed = re.fullmatch(_IPV6_HOST, host)
        try:
            IPv6Address(bracketed[1] if bracketed else "")
        except ValueError:
            return None
    return re.sub(r"[][/?#@]", "", _percent_encoded(user)) + at + host


WORDS_A_MINUTE = 238
CHARACTERS_A_MINUTE = 400  # of scripts without spaces
LONG = 200_000  # characters from which on the estimate is extrapolated from the beginning
_UNSPACED = (
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""A character of a script without spaces: Thai, Lao, Burmese, Khmer; kana; Han. Not Hangul."""


def reading_minutes(body: str) -> int:
    """Estimate the minutes that a text takes to read, at least 1."""
    if len(body) > LONG:
        return round(reading_minutes(body[:LONG]) * len(body) / LONG)
    characters = 0
    # As in `clean_text`: what is not ASCII is little.
    if not body.isascii() and re.search(
        _UNSPACED, body.encode(errors="ignore").translate(None, _ASCII).decode()
    ):
        body, characters = re.subn(_UNSPACED, " ", body)
    minutes = len(body.split()) / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE
    return max(1, round(minutes))


def command_words(command: str, *, windows: bool = os.name == "nt") -> list[str]:
    """The words of a command line; on Windows a backslash is a part of a path.

    Raises ValueError: a quotation mark is not closed.
    """
    import shlex

    words = shlex.split(command, posix=not windows)
    return [word.replace('"', "") for word in words] if windows else words


RESERVED = r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)"
"""How names of files begin that are devices on Windows, in lower case, whatever their endings."""

SLUG_BYTES = 120


def make_slug(text: str) -> str:
    """A text as a part of a file name: lower-case letters and digits of any script, and hyphens.

    Latin letters lose their accents. At most SLUG_BYTES long in UTF-8, and never a reserved name
    of Windows; "" if the text has neither letters nor digits.
    """
    line = clean_line(text)
    if line.isascii():
        return _shorten_name("-".join(re.findall("[a-z0-9]+", line.lower().replace("'", ""))))
    plain = unicodedata.normalize("NFKD", line).casefold()
    plain = unicodedata.normalize("NFKC", re.sub("(?<=[a-z])[\u0300-\u036f]+|['’]", "", plain))
    kinds = (unicodedata.category(character)[0] for character in plain)
    kept = "".join(
        character if kind in "LNM" else "-" for character, kind in zip(plain, kinds, strict=True)
    )
    # Vowel signs are kept with their letters; variation selectors alone are not a name.
    return _shorten_name(re.sub("-[-\ufe0e\ufe0f]*", "-", kept).strip("-\ufe0e\ufe0f"))


def _shorten_name(name: str) -> str:
    """Shorten a name for all file systems, and avoid reserved names."""
    if len(name.encode()) > SLUG_BYTES:
        cut = name.encode()[:SLUG_BYTES].decode(errors="ignore")
        whole_words = cut.rpartition("-")[0]
        name = (whole_words if len(whole_words) > 20 else cut).strip("-")
    return f"{name}-file" if re.match(RESERVED, name) else name


# The colon first: a regular expression finds it much faster than the lookbehind.
_EMOJI = r":(?<![\w:/.@-]:)(?:[a-z][a-z0-9_+-]{1,40}|x|[+-]1|100):(?![\w:/])"


def replace_emoji(text: str) -> str:
    """Replace emoji shortcodes as in GitHub's Markdown (`:tada:`); unknown names are kept."""
    if ":" not in text:
        return text
    from rich.emoji import Emoji

    return re.sub(_EMOJI, lambda name: Emoji.replace(name[0]), text)


# A text, and _UNSPACED too: compiling such sets takes 5 ms, which no launch has to wait for.
NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def xml_text(text: str) -> str:
    """Escape text for XML, without characters that XML does not allow."""
    return escape(re.sub(NOT_XML, "", text), quote=False)
