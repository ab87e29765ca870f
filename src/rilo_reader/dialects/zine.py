"""Pages of Zine, `.smd`: a header of Ziggy, and directives as addresses of links (pure)."""

from __future__ import annotations

import posixpath
import re

from rilo_reader.dialects import CODE, NO_FORMS, Dialect, Header, ReadFile, fence_code
from rilo_reader.text import lazy_re

HEADER_LIMIT, SHOWN_LIMIT = 256 * 1024, 1_000_000  # characters of a header, of files of code

_HEADER = lazy_re(
    r"\ufeff?\s*---[ \t]*\r?\n(?P<fields>\s*\.\w.*?\n)---[ \t]*(?:(?:\r?\n)+|\Z)", re.DOTALL
)
_STRING = r'"((?:[^"\\\n]|\\.)*)"'
_FIELD = lazy_re(
    rf"^\.(\w+)[ \t]*=[ \t]*(?:(?:[.@]date\()?{_STRING}|\[([^\[\]{{}}]{{0,5000}})\]"
    r"|((?:\s{0,99}\\\\[^\n]*)+)|(true|false))",
    re.M,
)
_TIME = lazy_re(r"(?<=^\d{4}-\d\d-\d\d):(?=[\d:]+$)")  # `2024-09-14:00:00:00`
_BYTES = lazy_re(r"(?:\\x[0-9a-fA-F]{2})+")
_CALLS = r"""(?:\s{0,9}\.\w+(?:\((?:[^()"'\n]|'[^'\n]*'|"[^"\n]*")*\))?){0,20}"""
_TOKEN = lazy_re(
    rf"{CODE}|\[(?P<words>(?:[^\[\]]|\[[^\[\]]{{0,300}}\]){{0,1000}})\]"
    rf"\((?P<open><?)\$(?P<kind>[a-z]\w*)(?P<calls>{_CALLS})\s{{0,9}}>?\)",
    re.M | re.DOTALL,
)
_CALL = lazy_re(r"""\.(\w+)\((?:'([^'\n]*)'|"([^"\n]*)")""")
_RAW = lazy_re(r"[ \t]*`{3,}=html[ \t]*\n(.*?)\n?[ \t]*`*\Z", re.DOTALL)
_BLANK_LINES = lazy_re(r"\n\s*\n")
_PLACES = ("asset", "siteAsset", "buildAsset", "url", "page", "sub", "sibling")


class Zine(Dialect):
    """Pages of Zine."""

    forms = NO_FORMS._replace(emoji=True)

    def header(self, text: str) -> Header | None:
        """Return the fields of Ziggy between `---` lines."""
        match = _HEADER.match(text[:HEADER_LIMIT])
        if match is None:
            return None
        metadata: dict[str, object] = {}
        for field in _FIELD.finditer(match["fields"]):
            key, string, array, lines, flag = field.groups()
            if array is not None:
                value: object = [_unescape(each) for each in re.findall(_STRING, array)]
            elif lines:
                value = re.sub(r"\s*\\\\", "\n", lines).strip()
            else:
                value = flag or _unescape(string)
            metadata.setdefault(key, _TIME.sub("T", value) if isinstance(value, str) else value)
        return Header(metadata, match.end())

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a page as Markdown, with the code that it shows of files beside it."""
        left = SHOWN_LIMIT

        def replace(match: re.Match[str]) -> str:
            nonlocal left
            if match[1] or match[2]:
                raw = _RAW.match(match[0])
                return _BLANK_LINES.sub("\n", f"\n{raw[1]}\n") + "\n" if raw else match[0]
            words, kind = match["words"], match["kind"]
            calls = {call[1]: call[2] or call[3] or "" for call in _CALL.finditer(match["calls"])}
            place = next((calls[each] for each in _PLACES if each in calls), "")
            address = f"/{place}" if "siteAsset" in calls or "page" in calls else place
            if "ref" in calls:
                address += f"#{calls['ref']}"
            if kind == "code" and "asset" in calls and left > 0:
                text = read(posixpath.normpath(posixpath.join(posixpath.dirname(path), place)))
                left -= 20_000 + len(text or "")
                if text is not None and left >= 0:
                    return fence_code(text.rstrip(), calls.get("language", ""))
            if kind in ("mathtex", "image"):
                return f"${words.strip('`')}$" if kind == "mathtex" else f"![{words}](<{address}>)"
            if kind in ("link", "video", "code") and address:
                return f"[{words or f'`{place}`'}](<{address}>)"
            return words

        return _TOKEN.sub(replace, body)


DIALECT = Zine()


def _unescape(text: str) -> str:
    """The text of a string of Ziggy."""
    if "\\" not in text:
        return text
    text = _BYTES.sub(
        lambda run: bytes.fromhex(run[0].replace("\\x", "")).decode(errors="replace"), text
    )
    return re.sub(r"\\(.)", lambda sign: {"n": "\n", "t": "\t"}.get(sign[1], sign[1]), text)
