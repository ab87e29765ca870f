"""Tags of site generators that are left in Markdown: marked before it is parsed, shown after it.

A tag becomes a mark, which means nothing to Markdown, so that the parser decides where it stands:
in code the tag is put back as it was written, in the address of a link what it adds to that, and
anywhere else what it means.
"""

from __future__ import annotations

import re

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.template_forms import (
    SILENT,
    Meaning,
    arguments,
    go_tag,
    liquid_tag,
    liquid_value,
    shortcode,
)
from rilo_reader.render.template_marks import BEGIN, END, Templates

MOST = 5_000
"""Tags of one article that are looked at; what comes after stays as it is written."""

LONGEST_SPAN = 2_000
"""Characters within which code in a line must end."""

_START = LazyPattern(
    r"^ {0,3}(?:`{3,}(?=[^`\n]*$)|~{3,})|`+|<(?:pre|code)\b|\{\{|\{%|\{::", re.MULTILINE
)
_LIQUID = LazyPattern(
    r"\{%-?[ \t]{0,9}([a-z_]{1,40})"
    r"((?:[ \n\t](?:[^{}%]|\{\{[^{}\n]{0,200}\}\}){0,4000}?)?)-?%\}"
)
_SHORTCODE = LazyPattern(
    r"\{\{(?:< {0,9}(/? {0,9}[A-Za-z][\w./-]{0,80})((?:\s(?:(?!>\}\})[^{}]){0,4000}?)?)/?>\}\}"
    r"|% {0,9}(/? {0,9}[A-Za-z][\w./-]{0,80})((?:\s(?:(?!%\}\})[^{}]){0,4000}?)?)/?%\}\})"
)
_GO = LazyPattern(r"\{\{(image|video|code|play) ([^{}\n]{1,400})\}\}")
_GO_RAW = LazyPattern(r"\{\{raw `(?=\n)")
_END_OF_GO_RAW = LazyPattern(r"`\}\}$", re.MULTILINE)
_VALUE = LazyPattern(r"\{\{-?[ \t]{0,9}([A-Za-z\"'/][^{}<>`\n]{0,300}?)-?\}\}")
_BOXES = LazyPattern(r"\{\{[<%] {0,9}(/? {0,9}[A-Za-z][\w./-]{0,80})")
_TO_END_OF_LINE = LazyPattern(r"[ \t]{0,200}(?:\n|\Z)")
_ENDS = {
    name: LazyPattern(rf"\{{%-?[ \t]*end{name}[ \t]*-?%\}}")
    for name in ("raw", "highlight", "comment")
}
_END_OF_HUGO_CODE = LazyPattern(r"\{\{[<%] {0,9}/ {0,9}highlight {0,9}[>%]\}\}")
_CALL = LazyPattern(r"\{\{-?[ \t]{0,9}([a-z_]\w{0,40})\(([^{}]{0,2000}?)\)[ \t]{0,9}-?\}\}")
_CALLED_BOX = LazyPattern(r"\{%-?[ \t]{0,9}([a-z_]\w{0,40})\(([^{}%]{0,2000}?)\)[ \t]{0,9}-?%\}")
_END_OF_BOX = LazyPattern(r"\{%-?[ \t]{0,9}end[ \t]{0,9}-?%\}")
_EXTENSION = LazyPattern(r"\{::(comment|nomarkdown|options)((?:\s[^{}]{0,500})?)\}")
_END_OF_EXTENSION = {
    name: LazyPattern(rf"\{{:/(?:{name})?\}}") for name in ("comment", "nomarkdown")
}


_VERBATIM = ("{% raw", "{%raw", "{{raw", "{{% highlight", "{{< highlight", "{% highlight")


def marked(body: str) -> tuple[str, Templates]:
    """A body with a mark in place of each tag, and what the marks stand for.

    What stands between the tags of `raw` is text, between those of `highlight` a block of code,
    and between those of `comment` nothing. A tag that shows nothing, on a line of its own, leaves
    a blank line.
    """
    marker = _Marker(body)
    text = marker.run()
    return text, Templates(marker.found)


class _Marker:
    """Goes through a body once, from what may be a tag or code to the next."""

    def __init__(self, body: str) -> None:
        self.found: list[tuple[str, Meaning]] = []
        self._body = body
        self._at = 0
        self._out: list[str] = []
        names = {name.replace(" ", "") for name in _BOXES.findall(body)}
        self._boxes = {name for name in names if f"/{name}" in names}
        self._endless: set[str] = set()
        # Zola's: where the last box ends, and who is quoted in each that is open.
        ends = list(_END_OF_BOX.finditer(body)) if "{%" in body else []
        self._last_end = ends[-1].start() if ends else -1
        self._quoted: list[str] = []

    def run(self) -> str:
        """The body with its marks."""
        while len(self.found) < MOST and (match := _START.search(self._body, self._at)):
            self._keep(match.start())
            sign = match[0]
            if sign == "{%":
                self._liquid()
            elif sign == "{{":
                self._braces()
            elif sign == "{::":
                self._extension()
            elif sign[0] == "<":
                self._element(sign[1:], match.end())
            elif len(sign) > 2 and sign.lstrip(" ")[:3] in ("```", "~~~") and self._begins_line():
                self._fence(sign.lstrip(" "), match.end())
            else:
                self._span(sign.strip(), match.end())
        self._keep(len(self._body))
        return "".join(self._out)

    # -- code -----------------------------------------------------------------------------------

    def _begins_line(self) -> bool:
        return self._at == 0 or self._body[self._at - 1] == "\n"

    def _fence(self, fence: str, end: int) -> None:
        """Keep a block of code as it is; one without an end is the rest of the article."""
        closing = rf"^ {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*$"
        match = re.compile(closing, re.MULTILINE).search(self._body, end)
        self._keep(match.end() if match else len(self._body))

    def _span(self, ticks: str, end: int) -> None:
        """Keep code in a line as it is."""
        paragraph = self._body.find("\n\n", end, end + LONGEST_SPAN)
        last = paragraph if paragraph >= 0 else min(end + LONGEST_SPAN, len(self._body))
        closing = re.compile(rf"(?<!`)`{{{len(ticks)}}}(?!`)")
        match = closing.search(self._body, end, last) if len(ticks) < 100 else None
        self._keep(match.end() if match else end)

    def _element(self, name: str, end: int) -> None:
        """Keep code in HTML as it is; an element without an end is none."""
        close = -1 if name in self._endless else self._body.find(f"</{name}>", end)
        if close < 0:
            self._endless.add(name)
        self._keep(close if close >= 0 else end)

    # -- tags -----------------------------------------------------------------------------------

    def _liquid(self) -> None:
        match = _LIQUID.match(self._body, self._at)
        if not match:
            self._called_box()
            return
        name, rest = match[1], match[2].strip()
        if name == "end" and self._quoted:
            author = self._quoted.pop()
            self._mark(match.end(), Meaning(words=f"— {author}") if author else SILENT)
        elif name in _ENDS:
            self._pair(name, rest, match.end(), _ENDS[name])
        else:
            meaning = liquid_tag(match[0], name, rest, alone=self._is_alone(match.end()))
            self._mark(match.end(), meaning)

    def _called_box(self) -> None:
        """Zola's `{% name(key="value") %}`, up to the next `{% end %}` that is its own."""
        match = _CALLED_BOX.match(self._body, self._at)
        if not match or match.end() > self._last_end:
            self._keep(self._at + 2)
            return
        self._quoted.append(arguments(match[2]).first("author", "cite", "source"))
        self._mark(match.end(), shortcode(match[0], match[1], match[2], is_box=True))

    def _extension(self) -> None:
        """Kramdown's `{::comment}`, `{::nomarkdown}` and `{::options … /}`."""
        match = _EXTENSION.match(self._body, self._at)
        if match and match[2].endswith("/"):
            self._mark(match.end(), SILENT)
        elif match and match[1] in _END_OF_EXTENSION:
            self._pair(f"::{match[1]}", "", match.end(), _END_OF_EXTENSION[match[1]])
        else:
            self._keep(self._at + 3)

    def _braces(self) -> None:
        body, at = self._body, self._at
        if match := _SHORTCODE.match(body, at):
            name = (match[1] or match[3]).replace(" ", "")
            rest = (match[2] or match[4] or "").strip()
            if name == "highlight" and arguments(rest).others:
                self._pair(name, arguments(rest).others[0], match.end(), _END_OF_HUGO_CODE)
                return
            is_box = name.removeprefix("/") in self._boxes
            self._mark(match.end(), shortcode(match[0], name, rest, is_box=is_box))
        elif match := _GO_RAW.match(body, at):
            self._pair("go raw", "", match.end(), _END_OF_GO_RAW)
        elif match := _CALL.match(body, at):
            self._mark(match.end(), shortcode(match[0], match[1], match[2], is_box=False))
        elif match := _GO.match(body, at):
            self._mark(match.end(), go_tag(match[0], match[1], match[2]))
        elif (match := _VALUE.match(body, at)) and body[at - 1 : at] not in tuple("$\\_^{"):
            self._value(match)
        else:
            self._keep(at + 2)

    def _value(self, match: re.Match[str]) -> None:
        """A value, with the angle brackets that make an address of it taken along."""
        start, end = match.span()
        if self._body[start - 1 : start] == "<" and self._body[end : end + 1] == ">":
            self._out[-1] = self._out[-1][:-1]
            self._at -= 1
            end += 1
        self._mark(end, liquid_value(match[0], match[1]))

    def _pair(self, name: str, rest: str, begin: int, closing: LazyPattern) -> None:
        """What stands between two tags is taken as it is; a tag without the other is text."""
        end = None if name in self._endless else closing.search(self._body, begin)
        if end is None:
            self._endless.add(name)
            self._keep(begin)
        elif name in ("comment", "::comment"):
            self._mark(end.end(), SILENT)
        elif name == "highlight" and self._is_alone(begin):
            self._code_block(rest, begin, end)
        else:
            self._mark(begin, SILENT)
            self._keep(end.start())
            self._mark(end.end(), SILENT)

    def _code_block(self, rest: str, begin: int, end: re.Match[str]) -> None:
        """The text between two tags of `highlight` as a block of code."""
        code = self._body[begin : end.start()].strip("\n").rstrip()
        longest = max((len(ticks) for ticks in re.findall("`{3,}", code)), default=2)
        fence = "`" * (longest + 1)
        language = re.match(r"[\w+#.-]*", rest)
        self._out.append(f"{fence}{language[0] if language else ''}\n{code}\n{fence}\n")
        self._skip(end.end())

    # -- what is written ------------------------------------------------------------------------

    def _is_alone(self, end: int) -> bool:
        """Whether the tag from here to `end` has a line of its own that cannot be code."""
        line = self._body.rfind("\n", max(self._at - 4, 0), self._at) + 1
        begins = line > 0 or self._at < 4
        is_first = begins and not self._body[line : self._at].strip(" ")
        return is_first and _TO_END_OF_LINE.match(self._body, end) is not None

    def _goes_on(self, end: int) -> bool:
        """Whether a blank line here would change what stands around it.

        It would end HTML, and make code of indented text, unless the tag only says that its text
        is to be taken as it is.
        """
        before = self._body[max(self._at - 500, 0) : self._at].rstrip(" ").removesuffix("\n")
        above = before[before.rfind("\n") + 1 :].lstrip()
        below = self._body[end : end + 200].lstrip(" ").removeprefix("\n")
        is_verbatim = self._body.startswith(_VERBATIM, self._at)
        is_indented = below.startswith(("    ", "\t")) and not is_verbatim
        return above.startswith("<") or below.lstrip().startswith("<") or is_indented

    def _mark(self, end: int, meaning: Meaning | None) -> None:
        """Write the mark of a tag that ends there; without a meaning, the tag."""
        if meaning is None:
            self._keep(end)
            return
        if self._is_alone(end) and not self._goes_on(end):
            if meaning.is_silent:
                self._skip(end)
                return
            after = "\n" if meaning.tag == "b" else ""
        else:
            after = ""
        self._out.append(f"{BEGIN}{len(self.found)}{END}{after}")
        self.found.append((self._body[self._at : end], meaning))
        self._skip(end)

    def _keep(self, end: int) -> None:
        self._out.append(self._body[self._at : end])
        self._at = end

    def _skip(self, end: int) -> None:
        self._at = end
