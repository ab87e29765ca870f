"""Pages of Eleventy: what `{% set %}` gives a name, where `{{ name }}` prints it (pure)."""

from __future__ import annotations

import re
from textwrap import dedent, indent

from rilo_reader.dialects import CODE, Dialect, Header, ReadFile, fence_code
from rilo_reader.text import lazy_re

PRINT_LIMIT = 500_000  # characters that are printed in a page

_VALUE = (
    r"\{%-?[ \t]*set[ \t]+(?P<key>\w{1,60})[ \t]*=[ \t]*"
    r"(?P<said>\"[^\"\n]{0,1000}\"|'[^'\n]{0,1000}')[ \t]*-?%\}"
)
_SETTING = lazy_re(_VALUE)
_HEAD = lazy_re(rf"\ufeff?(?:\s*{_VALUE.replace('?P<key>', '').replace('?P<said>', '')})+\s*")
_TOKEN = lazy_re(
    rf"{CODE}|\{{%-?[ \t]*raw[ \t]*-?%\}}.{{0,5000}}?\{{%-?[ \t]*endraw[ \t]*-?%\}}|{_VALUE}"
    r"|(?:^(?P<margin>[ \t]+))?(?:\{%-?[ \t]*set[ \t]+(?P<name>\w{1,60})[ \t]*-?%\}"
    r"(?P<text>.{0,10000}?)\{%-?[ \t]*endset[ \t]*-?%\}"
    r"|\{\{-?[ \t]*(?P<printed>\w{1,60})(?P<filters>(?:[ \t]*\|[^{}\n]{0,300})?[ \t]*)-?\}\})",
    re.M | re.S,
)
_LANGUAGE = lazy_re(r"\|\s*highlight\(\s*[\"']([\w+#-]*)")
_RAW = lazy_re(r"\{%-?[ \t]*(?:end)?raw[ \t]*-?%\}\n?")
_IS_CODE = lazy_re("code|snippet|css|script", re.I)


class Eleventy(Dialect):
    """Pages of Eleventy."""

    def header(self, text: str) -> Header | None:
        """Return what a page without front matter sets at its top, such as its title."""
        head = _HEAD.match(text)
        found = _SETTING.finditer(head[0]) if head else ()
        said = {match["key"]: match["said"][1:-1] for match in found}
        return Header(said, 0) if said.keys() & {"title", "date"} else None

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a page with what it sets where it prints it, else where it stands."""
        if "{%" not in body:
            return body
        wanted: set[str] = set()
        printed = set()  # where settings begin that are printed below
        for match in reversed([*_TOKEN.finditer(body)]):
            if match["printed"]:
                wanted.add(match["printed"])
            elif name := match["name"] or match["key"]:
                printed |= {match.start()} if name in wanted else set()
                wanted.discard(name)
        said: dict[str, str] = {}
        left = PRINT_LIMIT

        def replace(match: re.Match[str]) -> str:
            nonlocal left
            margin = match["margin"] or ""
            if match["key"]:
                said[match["key"]] = match["said"][1:-1]
                return "" if match.start() in printed else match[0]
            if match["name"]:
                said[match["name"]] = text = dedent(_RAW.sub("", match["text"])).strip("\n")
                if match.start() in printed:
                    return ""
                is_code = _IS_CODE.search(match["name"])
                return indent(f"\n{fence_code(text)}" if is_code else text, margin)
            text = said.get(match["printed"] or "", "")
            left -= len(text)
            if not text or left < 0:
                return match[0]
            language = _LANGUAGE.search(match["filters"])
            return indent(f"\n{fence_code(text, language[1])}" if language else text, margin)

        return _TOKEN.sub(replace, body)


DIALECT = Eleventy()
