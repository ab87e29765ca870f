"""The judge of what a program wrote to its terminal: is there anything it did not mean?"""

from __future__ import annotations

import base64
import re
from urllib.parse import urlsplit

from tests.support.escapes import Kind, Token, tokens
from tests.support.hostile import MARKUP, UNWANTED, payloads

# Everything that Textual's driver and compositor write themselves; a mode that is missing here
# was either asked for by a payload or is news that a person should look at.
_MODES = {"7", "25", "1000", "1003", "1004", "1006", "1015", "1016", "1049", "2004", "2026", "2048"}
_READER_CSI = re.compile(
    r"\x1b\[(?:[0-9;]*m|(?P<row>\d+);(?P<column>\d+)H|\?(?P<modes>[\d;]+)[hl]"
    r"|\?(?:2026|2048)\$p|>25u|<u|c)"
)
_LINK = re.compile(r"\x1b\]8;(?:id=[\w.:-]*)?;(?P<url>[!-~]*)(?:\x1b\\|\x07)")
_POINTER = re.compile(r"\x1b\]22;[a-z-]*\x07")
_ASKS_WHETHER_LIGHT = "\x1b]11;?\x1b\\"
# Asked where a terminal says that it is kitty; the data are one pixel that is not shown.
_ASKS_FOR_PICTURES = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
# A picture for Unicode placeholders, in parts; and that the terminal may forget it. It answers
# neither (q=2).
_PICTURE = re.compile(
    r"\x1b_Gq=2,(?:a=T,U=1,f=100,t=d,i=\d{1,8},c=\d{1,3},r=\d{1,3},)?m=[01];[A-Za-z0-9+/=]{1,4096}\x1b\\"
    r"|\x1b_Gq=2,a=d,d=I,i=\d{1,8}\x1b\\"
)
# A cell of a picture, with its row and its column.
_CELL = re.compile("\U0010eeee[\u0300-\uabff]{2}")
# A line of a picture: its cells, and what is drawn over them by sixel or iTerm2's protocol.
_LINE_OVER = re.compile(
    r"\x1b7((?:[▀ ]|\x1b\[[0-9;]*m)*)\x1b8"
    r'(?:\x1bP0;1;0q["#$!;0-9?-~-]*\x1b\\'
    r"|\x1b\]1337;File=size=\d+;width=\d+;height=1;preserveAspectRatio=0;inline=1:[\w+/=]*\x07)"
    r"\x1b8\x1b\[\d{1,3}C",
    re.ASCII,
)
_COPY = re.compile(r"\x1b\]52;c;(?P<data>[A-Za-z0-9+/=]*)\x07")


def safe_address(url: str) -> bool:
    """Whether a link may reach a terminal: http, https or mailto, printable ASCII."""
    if not re.fullmatch(r"[!-~]+", url):
        return False
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "mailto") and bool(parts.netloc or parts.path)


def faults_in_reader(output: bytes, size: tuple[int, int]) -> list[str]:
    """What of a reader's raw output it cannot have meant, on a terminal of at most that size."""
    return [
        f"{token.kind} at {token.start}: {token.text[:80]!r}"
        for token in tokens(_LINE_OVER.sub(r"\1", output.decode("utf-8", "surrogateescape")))
        if not _reader_may_write(token, size)
    ] + leaks(output)


def _reader_may_write(token: Token, size: tuple[int, int]) -> bool:
    if token.kind is Kind.TEXT:
        return not UNWANTED.search(_CELL.sub("", token.text))
    if token.kind is Kind.CONTROL:
        return token.text in "\r\n"
    if token.kind is Kind.STRING:
        return token.text == _ASKS_FOR_PICTURES or _PICTURE.fullmatch(token.text) is not None
    if token.kind is Kind.CSI:
        found = _READER_CSI.fullmatch(token.text)
        if found is None:
            return False
        if found["modes"]:
            return set(found["modes"].split(";")) <= _MODES
        return not found["row"] or (
            int(found["column"]) <= size[0] + 1 and int(found["row"]) <= size[1] + 1
        )
    return token.kind is Kind.OSC and _command_is_ours(token.text)


def _command_is_ours(text: str) -> bool:
    if text == _ASKS_WHETHER_LIGHT:
        return True
    link, copy = _LINK.fullmatch(text), _COPY.fullmatch(text)
    if link is not None:
        return not link["url"] or safe_address(link["url"])
    if copy is not None:
        return not UNWANTED.search(base64.b64decode(copy["data"]).decode("utf-8", "replace"))
    return _POINTER.fullmatch(text) is not None


def faults_in_command(output: bytes, *, terminal: bool) -> list[str]:
    """The same for a headless command: colours, safe links; in a pipe nothing but text."""

    def may(token: Token) -> bool:
        if token.kind is Kind.TEXT:
            return not UNWANTED.search(token.text)
        if token.kind is Kind.CONTROL:
            return token.text in ("\r\n\t" if terminal else "\n\t")
        if not terminal:
            return False
        if token.kind is Kind.CSI:
            # Colours, the line or the table that rewrites itself, and Rich's hiding of the cursor.
            allowed = r"\x1b\[(?:[0-9;]*m|[0-2]?K|[0-9]{1,2}A|J|\?25[hl])"
            return re.fullmatch(allowed, token.text) is not None
        link = _LINK.fullmatch(token.text)
        return link is not None and (not link["url"] or safe_address(link["url"]))

    return [
        f"{token.kind} at {token.start}: {token.text[:80]!r}"
        for token in tokens(output.decode("utf-8", "surrogateescape"))
        if not may(token)
    ] + leaks(output)


def leaks(output: bytes) -> list[str]:
    """The payloads of which a control sequence beside its mark stands in the output, by name."""
    return [
        f"{name}: {piece!r}"
        for name, (mark, text) in payloads().items()
        if name not in MARKUP
        for piece in _pieces(mark, text)
        if piece.encode("utf-8", "surrogatepass") in output
    ]


def _pieces(mark: str, text: str) -> list[str]:
    """A payload's control sequences, each with the mark in or right beside it."""
    pieces = []
    for token in tokens(text):
        end = token.start + len(token.text)
        # A bare ESC behind a mark may be where the program's own next sequence begins.
        if token.kind is Kind.TEXT or token.text == "\x1b":
            continue
        if mark in token.text:
            pieces.append(token.text)
        elif text.startswith(mark, end):
            pieces.append(token.text + mark)
        elif text.endswith(mark, 0, token.start):
            pieces.append(mark + token.text)
    return pieces
