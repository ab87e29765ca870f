"""The text of an article as its page shows it, without laying it out: what is searched (pure).

The page is made by a parser that takes milliseconds. The index, the snippets and the archive need
the words of each article, and get them in one pass over its Markdown: code stays as it is, and
elsewhere what the page drops is dropped (addresses, tags, comments, attributes, labels), by the
patterns and functions that the page's own rules use. `tools.judge.shown` compares both over real
articles.

    prepare_body                  template tags as marks, embedded files
    _BodyReader.run               code, boxes, HTML, entities and others that begin with a sign
    _BodyReader._replace_links    links, whose text may contain all of these
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from html import unescape
from typing import NamedTuple

from markdown_it.common.html_re import HTML_TAG_RE

from rilo_reader.dialects import Dialect, Forms, named
from rilo_reader.html.tags import Markup, compile_pattern, parse_attributes
from rilo_reader.render.dialects import admonitions, inline
from rilo_reader.render.dialects.admonitions import Box
from rilo_reader.render.dialects.template_marks import BEGIN, TemplateTags
from rilo_reader.render.leftover_html import BLOCKS, CONTAINERS, SILENT
from rilo_reader.render.preparation import prepare_body
from rilo_reader.render.rules import (
    WIKI,
    match_bracketed_formula,
    match_formula,
    match_undefined_reference,
)
from rilo_reader.render.tex import tex_to_unicode
from rilo_reader.text import clean_text, replace_emoji


class ShownText(NamedTuple):
    """The text that a page shows of an article's body."""

    text: str  # its text, with white space and leftover signs as in the Markdown
    addresses: tuple[str, ...]  # the web addresses of its links, which are not in the text


def read_shown_text(body: str, dialect: str = "") -> ShownText:
    """Return the text of a body in a dialect as its page shows it."""
    if not body:
        return ShownText("", ())
    text, templates = prepare_body(body, named(dialect).forms)
    return _BodyReader(text, templates, named(dialect)).run()


# -- signs -----------------------------------------------------------------------------------------

_IN_LINE = r"[ \t>]*+(?:(?:[-+*]|\d{1,9}[.)])[ \t]++)*+"  # what may precede a block on its line
_TITLE = r"(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\))"
_LINK_DEFINITION = (
    r"\n {0,3}(?:>[ \t>]*|[-+*][ \t]{1,4})?\[(?P<label>(?!\^)(?:[^\[\]\\]|\\.){1,999})\]:"
    r"[ \t]*\n?[ \t]*"
    rf"(?:<[^<>\n]*>|[^\s<]\S*)(?:(?:[ \t]+|[ \t]*\n[ \t]*)(?P<about>{_TITLE}))?[ \t]*(?=\n|\Z)"
)
_NOTE = r"\n[ \t>]*\[\^(?P<noted>[^\]\s]{1,100})\]:"
_FENCE = rf"\n{_IN_LINE}(?P<marks>`{{3,}}(?=[^`\n]*(?:\n|\Z))|~{{3,}})(?P<info>[^\n]*)"
_BLOCK_NAME = r"\^(?:[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9-]+|[a-z0-9]{5,30})[ \t]*(?=\n|\Z)"

# What may begin a piece. Each alternative begins with a character, so that these are found fast.
# Most pieces are short code and tags without attributes: these are its groups 1 and 2.
_SIGN = re.compile(
    rf"\n(?![A-Za-z])(?={_IN_LINE}(?:```|~~~|:::|!!!|\?\?\?|===|///|\[(?:[^\[\]\n]*\]:|[xX]\]\s|_?toc|TOC|\[)"
    r"|\([^()\n]*\)=)|[ \t]*\n(?: {4}|\t))"
    r"|`(?:([^`\n]++)`(?!`))?+|<(?:/?([A-Za-z][A-Za-z0-9]*+)>|(?=[A-Za-z/!?]))|\{|\\(?=[!-/:-@\[-`{-~])|&(?=[#A-Za-z])|\$"
    r"|\*(?<=[^\W_]\*)\**(?=[^\W_]|&)|~~(?<=[^\W_]~~)(?=[^\W_])|==(?<=[^\W_]==)(?=[^\W_])"
    r"|:(?<![\w:/.@-]:)(?:[a-z][a-z0-9_+-]{1,40}|x|[+-]1|100):(?![\w:/])|\^(?<!\[\^)(?=\w)|~(?=\w)"
)

# What each character may begin, the method that reads it, and the form that it is, if it is one.
_PIECES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "\n": (
        (_FENCE, "_read_fence", ""),
        (rf"\n{_IN_LINE}(?P<head>(?:!!!|\?\?\?|===|:{{3,}}|/{{3,}})[^\n]*)", "_read_box", "boxes"),
        (r"\n[ \t]*(?=\n(?: {4}|\t))", "_read_indented", ""),
        (_LINK_DEFINITION, "_read_definition", ""),
        (_NOTE, "_skip_match", ""),
        (r"\n[ \t]*\([\w .:/+-]{1,100}\)=[ \t]*(?=\n|\Z)", "_skip_match", "roles"),
        (r"\n[ \t>]*+(?:[-+*]|\d{1,9}[.)])[ \t]+\[[xX]\](?=\s)", "_skip_match", ""),
        (r"\n(?i:[ \t]*\[(?:toc|\[_?toc_?\])\][ \t]*(?=\n|\Z))", "_skip_match", "contents"),
    ),
    "`": ((r"(?P<ticks>`++)", "_read_span", ""),),
    "<": ((r"<", "_read_tag", ""),),
    "{": (
        (f"(?s:{inline.ROLE.pattern})", "_read_role", "roles"),
        (r"\{", "_read_attributes", "attributes"),
    ),
    "\\": ((r"\\(.)", "_read_escape", ""),),
    "&": (
        (r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});", "_read_entity", ""),
    ),
    "$": ((r"\$", "_read_formula", ""),),
    "*": ((r"\*+", "_read_emphasis", ""),),
    "=": ((r"==", "_read_emphasis", "marks"),),
    ":": ((r":[\w+-]+:", "_read_emoji", "emoji"),),
    "~": (
        (r"~~", "_read_emphasis", ""),
        (inline.RAISED_TEXT.pattern, "_read_raised", "raised"),
    ),
    "^": (
        (inline.RAISED_TEXT.pattern, "_read_raised", "raised"),
        (_BLOCK_NAME, "_read_block_name", "block_names"),
    ),
}


_PieceReader = tuple[re.Pattern[str], Callable[["_BodyReader", re.Match[str]], None]]


@cache
def _readers_by_sign(forms: Forms) -> Mapping[str, Sequence[_PieceReader]]:
    return {
        sign: tuple(
            (re.compile(text), getattr(_BodyReader, name))
            for text, name, form in pieces
            if not form or getattr(forms, form)
        )
        for sign, pieces in _PIECES.items()
    }


_AUTOLINK = re.compile(
    r"<([A-Za-z][A-Za-z0-9.+-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+)>"
)
_HTML = compile_pattern(Markup.HTML)
_LITERAL = re.compile(r"(?is)<[^<>]*>|&#?\w+;")
_OPTIONS = re.compile(r"(?:\n[ \t]*:[\w-]{1,40}:[^\n]*)+")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
_ITEM = re.compile(r"([-+*]|\d{1,9}[.)])[ \t]{1,4}|\[\^|(?:!!!|\?\?\?\+?|===) |:[ \t]")
_MYST = re.compile(r"(?<=\n)(?:%|\+\+\+)(?:[ \t][^\n]*)?(?=\n|\Z)")
_CONTENTS = re.compile(r"(?i)\n(?:[ \t]*+[^\n\s][^\n]{0,80}\n)?[ \t]*+[^\n{]{0,80}\{:\s*toc\s*\}")

# -- links -----------------------------------------------------------------------------------------

_DEEP = r"[^\[\]]*+(?:\[[^\[\]]*+\][^\[\]]*+)*+"
_INSIDE = rf"[^\[\]]*+(?:\[{_DEEP}\][^\[\]]*+)*+"  # a text with brackets in brackets
_ROUND = r"[^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+"
_DESTINATION = rf"<[^<>\n]*+>|(?!<)[^()\s]*+(?:\({_ROUND}\)[^()\s]*+)*+"
_LINK_DESTINATION = rf"\(\s*+({_DESTINATION})(?:\s++({_TITLE}))?+\s*+\)"
_LINK = re.compile(rf"\[(?<!!\[)({_INSIDE})\]{_LINK_DESTINATION}", re.DOTALL)
_PICTURE = re.compile(rf"!\[({_INSIDE})\]{_LINK_DESTINATION}", re.DOTALL)
_FULL_REFERENCE = re.compile(rf"\[({_INSIDE})\]\[([^\[\]]{{0,999}})\]")
_SHORT_REFERENCE = re.compile(r"\[([^\[\]]{1,999})\](?![\[(:])")
_FOOTNOTE_REFERENCE = re.compile(r"\[\^([^\]\s]{1,100})\](?!\()")
_WIKI = re.compile(WIKI)
_TICKS = re.compile("`+")
_APART_NUMBER = re.compile("\x02([0-9]+)\x03")


class _BodyReader:
    """Reads one body from its beginning to its end."""

    def __init__(self, body: str, templates: TemplateTags, dialect: Dialect) -> None:
        self._dialect, self._forms = dialect, dialect.forms
        self._body = "\n" + body
        self._templates = templates
        self._position = 0
        self._line = 0, 0  # the bounds of the line in which an attribute was looked for last
        self._out: list[str] = []
        self._apart: list[str] = []  # code and the like, in which nothing is a link
        self._closings: dict[str, int] = {}  # where boxes are closed last, by their mark
        self._boxes: list[str] = []  # the fences of open boxes, which hold Markdown
        self._spans_end = -1  # the end of the paragraph in which code was looked for last
        self._ticks: dict[int, list[int]] = {}  # where its backticks are, by their number
        self._definition_end = -1  # the end of the last definition
        self._labels: dict[str, str] = {}  # of links that are defined, with their titles
        self._notes: set[str] = set()  # of footnotes
        self._addresses: list[str] = []
        if "[" in body and "]:" in body:
            found = re.findall(_LINK_DEFINITION, self._body)
            self._labels = {_normalize_label(label): title[1:-1] for label, title in found}
            if "[^" in body:
                self._notes = {label.lower() for label in re.findall(_NOTE, self._body)}

    def run(self) -> ShownText:
        body = self._body
        forms = self._forms
        if forms.contents and "{:" in body and "toc" in body.lower():
            body = self._body = _CONTENTS.sub("\n", body)
        if forms.roles and "{" in body and admonitions.is_myst(body):
            body = self._body = _MYST.sub("", body)
        search, pieces = _SIGN.search, _readers_by_sign(forms)
        while match := search(body, self._position):
            at = match.start()
            if at > self._position:
                self._out.append(body[self._position : at])
            if match.lastindex == 1:
                self._add_apart(match[1])
                self._position = match.end()
                continue
            if match.lastindex and (name := match[2].lower()) not in _WITH_CONTENT:
                if name in _APART:
                    self._out.append("\n")
                self._position = match.end()
                continue
            for piece, read in pieces[body[at]]:
                if found := piece.match(body, at):
                    self._position = found.end()
                    read(self, found)
                    break
            else:
                self._out.append(body[at])
                self._position = at + 1
        self._out.append(body[self._position :])
        text = self._replace_links("".join(self._out))
        if self._apart:
            text = _APART_NUMBER.sub(lambda kept: self._apart[int(kept[1])], text)
        if BEGIN in text:
            text = "".join(self._resolve_templates(text))
        return ShownText(text, tuple(dict.fromkeys(self._addresses)))

    # -- output ---------------------------------------------------------------------------------

    def _add_text(self, text: str) -> None:
        self._out.append(text)

    def _add_apart(self, text: str) -> None:
        """Add text unchanged: signs in it are not Markdown."""
        if "[" in text or "]" in text or "(" in text or ")" in text or BEGIN in text:
            self._out.append(f"\x02{len(self._apart)}\x03")
            self._apart.append(self._templates.restore_source(text))
        else:
            self._out.append(text)

    def _resolve_templates(self, text: str) -> Iterator[str]:
        """Yield a text with template tags replaced by their meaning."""
        for piece in self._templates.split_pieces(text):
            if isinstance(piece, str):
                yield piece
            else:
                described = piece.values.get("alt") or piece.values.get("title") or ""
                yield f"{piece.words}{described}{piece.text_after}"

    # -- links ----------------------------------------------------------------------------------

    def _replace_links(self, text: str) -> str:
        """Return a text with the words of links in place of links."""
        if "[" not in text:
            return text
        if self._forms.wiki and "[[" in text:
            text = _WIKI.sub(self._replace_wiki_link, text)
        if self._notes:
            notes = self._notes
            text = _FOOTNOTE_REFERENCE.sub(lambda m: "" if m[1].lower() in notes else m[0], text)
        if "][" in text:
            text = _FULL_REFERENCE.sub(self._replace_labelled, text)
        if "](" in text:
            if "![" in text:
                text = _PICTURE.sub(lambda m: f" {m[1]} {(m[3] or '')[1:-1]} ", text)
            text = _LINK.sub(self._replace_link, text)
        if self._labels:
            text = _SHORT_REFERENCE.sub(
                lambda m: m[1] if _normalize_label(m[1]) in self._labels else m[0], text
            )
        return text

    def _replace_link(self, match: re.Match[str]) -> str:
        words, address, _ = match.groups()
        if address.startswith(("http", BEGIN)):
            self._add_address(address)
        return words

    def _replace_wiki_link(self, match: re.Match[str]) -> str:
        if match.string.startswith("(", match.end()):
            return match[0]
        page, words = self._dialect.link(match[1], match[2] or "")
        is_width = match[0][0] == "!" and re.match(r"\d{1,5}(?:x\d{1,5})?\Z", words)
        return page if is_width else words

    def _replace_labelled(self, match: re.Match[str]) -> str:
        is_picture = match.string[match.start() - 1 : match.start()] == "!"
        title = self._labels.get(_normalize_label(match[2] or match[1]))
        if title is not None:
            return f"{match[1]} {title}" if is_picture else match[1]
        begin = match.start() - is_picture
        is_link = (
            self._forms.references
            and match_undefined_reference(match.string, begin, match.end()) is not None
        )
        return match[1] if is_link else match[0]

    def _add_address(self, address: str) -> None:
        if BEGIN in address:
            address = self._templates.resolve_address(address)
        if address.startswith(("http://", "https://")):
            if "\x02" in address:
                address = _APART_NUMBER.sub(lambda kept: self._apart[int(kept[1])], address)
            self._addresses.append(address)

    # -- blocks ---------------------------------------------------------------------------------

    def _read_fence(self, match: re.Match[str]) -> None:
        marks, info = match["marks"], match["info"].strip()
        self._add_text("\n")
        if not info and marks in self._boxes:
            del self._boxes[self._boxes.index(marks) :]
            return
        has_box = self._forms.boxes and info.startswith("{")
        box = admonitions.parse_fenced(info) if has_box else None
        if box is not None or (has_box and info in ("{=html}", "{raw} html")):
            self._boxes.append(marks)
            self._begin_box(box or Box(), marks)
        else:
            self._add_apart(self._read_until_fence(marks))

    def _read_until_fence(self, marks: str) -> str:
        """Read the lines up to the one that closes a block, or all where there is none."""
        closing = rf"\n[ \t>]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*(?=\n|\Z)"
        found = re.compile(closing).search(self._body, self._position)
        text = self._body[self._position : found.start() if found else len(self._body)]
        self._position = found.end() if found else len(self._body)
        return text

    def _read_box(self, match: re.Match[str]) -> None:
        head = match["head"].rstrip()
        signs = admonitions.SIGNS.match(head) if head[0] in ":/" else None
        is_closed = signs is not None and match.end() <= self._find_last_closing(head[0])
        box = admonitions.parse_fence_head(signs) if signs and is_closed else None
        if head[0] in "!?=":
            box = admonitions.parse_admonition(head)
        self._add_text("\n")
        if box is None:
            self._position = match.start("head") + (len(signs[1]) if signs else 1)
        else:
            self._begin_box(box, signs[1] if signs else "")

    def _find_last_closing(self, mark: str) -> int:
        """Return where the last line begins that closes a box; what stands below it is text."""
        if mark not in self._closings:
            lines = re.finditer(rf"\n{_IN_LINE}{mark}{{3,}}[ \t]*(?=\n|\Z)", self._body)
            self._closings[mark] = max((line.start() for line in lines), default=-1)
        return self._closings[mark]

    def _begin_box(self, box: Box, marks: str) -> None:
        """Show the label of a box, without its options; also its content if that is code."""
        self._add_text(f"{box.kind} ")
        if box.has_options and (options := _OPTIONS.match(self._body, self._position)):
            self._position = options.end()
            described = admonitions.ALT_OPTION.search(options[0])
            self._add_text(described[1] if described else "")
        if not box.is_shown:
            self._read_until_fence(marks)
        elif box.is_code:
            self._add_apart(self._read_until_fence(marks))
        elif box.title:
            self._add_text(_BodyReader(box.title, self._templates, self._dialect).run().text)

    def _read_definition(self, match: re.Match[str]) -> None:
        """Read a link definition; within a paragraph it is plain text."""
        begin = match.start()
        before = self._body[self._body.rfind("\n", 0, begin) + 1 : begin]
        self._add_text("\n")
        if before.strip(" \t>") and begin != self._definition_end and not _HEADING.match(before):
            self._position = match.start("label") - 1
        else:
            self._definition_end = match.end()

    def _skip_match(self, match: re.Match[str]) -> None:
        self._add_text("\n")

    def _read_indented(self, match: re.Match[str]) -> None:
        """Read indented lines below a blank one, if they are code."""
        line = match.end() + 1
        self._add_text("\n")
        if not self._is_code(line):
            return
        end = line
        while end < len(self._body) and self._body.startswith(("    ", "\t", "\n"), end):
            end = self._body.find("\n", end) + 1 or len(self._body)
        end -= self._body[end - 1] == "\n"
        self._add_apart(self._body[self._position : end])
        self._position = end

    def _is_code(self, line: int) -> bool:
        """Return whether an indented line is deeper than the text of an item above."""
        own = _count_indent(self._body[line : self._body.find("\n", line)])
        is_apart = is_shallow = False
        for text in self._iter_lines_above(line):
            if not text.strip():
                if is_shallow:
                    return True
                is_apart = True
                continue
            width = _count_indent(text)
            if width < own and (item := _ITEM.match(text.lstrip())):
                return own >= width + (len(item[0]) if item[1] else 4) + 4
            if width < 4 and not is_apart:
                return False  # the text above goes on
            is_shallow = is_shallow or width == 0
        return True

    def _iter_lines_above(self, line: int) -> Iterator[str]:
        end, last = line - 1, max(0, line - 20_000)
        while end > last:
            begin = self._body.rfind("\n", 0, end) + 1
            yield self._body[begin:end]
            end = begin - 1

    # -- within lines ---------------------------------------------------------------------------

    def _read_span(self, match: re.Match[str]) -> None:
        if self._position > self._spans_end:  # in another paragraph: its signs are found once
            last = self._body.find("\n\n", self._position)
            self._spans_end = last if last >= 0 else len(self._body)
            self._ticks = {}
            for run in _TICKS.finditer(self._body, self._position, self._spans_end):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        count = len(match["ticks"])
        closings = self._ticks.get(count, [])
        at = bisect_left(closings, self._position)
        if at < len(closings):
            self._add_apart(self._body[self._position : closings[at]])
            self._position = closings[at] + count

    def _read_tag(self, match: re.Match[str]) -> None:
        body, begin = self._body, match.start()
        if (tag := self._match_tag(begin)) is not None:
            self._position = tag.end()
            if tag["start"]:
                self._read_element(tag["start"].lower(), tag)
            elif tag["end"] and tag["end"].lower() in _APART:
                self._add_text("\n")
        elif link := _AUTOLINK.match(body, begin):
            self._add_text(link[1])
            self._position = link.end()
        elif body.startswith("<!--", begin):
            self._read_comment(begin)
        else:
            self._add_text("<")

    def _read_comment(self, begin: int) -> None:
        """Drop a comment; one within a line is text if it continues below a blank one."""
        body = self._body
        end = body.find("-->", begin)
        line = body[body.rfind("\n", 0, begin) + 1 : begin]
        if line.strip(" \t>") and (end < 0 or "\n\n" in body[begin:end]):
            self._add_text("<")
        else:
            self._position = end + 3 if end >= 0 else len(body)

    def _match_tag(self, begin: int) -> re.Match[str] | None:
        """Return the tag at a position; one that separates blocks need not be well-formed."""
        tag = _HTML.match(self._body, begin)
        if tag is None or "\n\n" in tag[0]:
            return None
        name = (tag["start"] or tag["end"] or "").lower()
        return tag if name in _APART or HTML_TAG_RE.match(tag[0]) else None

    def _read_element(self, name: str, tag: re.Match[str]) -> None:
        if name in SILENT and not tag[0].endswith("/>"):
            end = re.compile(rf"(?i)</{name}\s*>").search(self._body, self._position)
            self._position = end.end() if end else self._position
        elif name == "pre":
            end = re.compile(r"(?i)</pre\s*>").search(self._body, self._position)
            content = self._body[self._position : end.start() if end else len(self._body)]
            self._add_text("\n")
            self._add_apart(_LITERAL.sub(_code_text_of, content))
            self._add_text("\n")
            self._position = end.end() if end else len(self._body)
        elif name in ("img", "iframe", "embed", "video", "audio"):
            values = parse_attributes(tag["inside"])
            described = " ".join(values.get(key, "") for key in ("alt", "title"))
            self._add_text(f" {clean_text(described)} ")
        elif name == "a":
            self._add_address(parse_attributes(tag["inside"]).get("href", ""))
        elif name in _APART:
            self._add_text("\n")

    def _read_role(self, match: re.Match[str]) -> None:
        self._add_apart(inline.resolve_role(match[1], match[3])[1])

    def _read_attributes(self, match: re.Match[str]) -> None:
        body, begin = self._body, match.start()
        before = body[begin - 1]
        if before == "\n" and body[begin + 1 : begin + 2] in (".", "#"):
            before = body[begin - 2]  # of a picture
            is_last = re.compile(r"[^\n]*(?:\n[ \t]*\n|\n?\Z)").match(body, begin) is not None
            before = ")" if is_last and before != "\n" else before  # of the paragraph
        if body[max(0, begin - 3) : begin].rstrip().endswith("$$"):
            before = "`"  # of a formula
        found = inline.WITH_COLON.match(body, begin)
        if found is None and (before in ")]>`" or self._is_at_heading_end(begin)):
            found = inline.BARE.match(body, begin)
        if found is None:
            self._add_text("{")
        else:
            described = map("".join, inline.ALT.findall(found[0]))
            self._add_text(f" {' '.join(described)} ")
            self._position = found.end()

    def _is_at_heading_end(self, begin: int) -> bool:
        line, end = self._line
        if not line <= begin < end:  # found once for each line, however many signs are in it
            line, end = self._body.rfind("\n", 0, begin) + 1, self._body.find("\n", begin)
            end = end if end >= 0 else len(self._body)
            self._line = line, end
        is_heading = _HEADING.match(self._body, line) is not None
        return is_heading and self._body[begin:end].rstrip().endswith("}")

    def _read_escape(self, match: re.Match[str]) -> None:
        found = None
        if self._forms.brackets and match[1] in "([\\":
            found = match_bracketed_formula(self._body, match.start(), len(self._body))
        if found is None:
            self._add_apart(match[1])
        else:
            formula = (found["round"] or found["square"]).strip()
            self._add_apart(tex_to_unicode(formula) or formula)
            self._position = found.end()

    def _read_entity(self, match: re.Match[str]) -> None:
        self._add_apart(clean_text(unescape(match[0])))

    def _read_formula(self, match: re.Match[str]) -> None:
        found = match_formula(self._body, match.start(), len(self._body))
        if found is None:
            self._add_text("$")
        else:
            self._add_apart(tex_to_unicode(found[0].strip("$")) or found[0])
            self._position = found.end()

    def _read_emphasis(self, match: re.Match[str]) -> None:
        """Read signs within a word, which are emphasis if their paragraph has an even number."""
        begin, signs = match.start(), match[0]
        start = self._body.rfind("\n\n", 0, begin) + 1
        end = self._body.find("\n\n", begin)
        paragraph = self._body[start : end if end >= 0 else len(self._body)]
        sign = re.escape(signs[0])
        same = re.findall(rf"(?<!{sign}){re.escape(signs)}(?!{sign})", paragraph)
        self._add_text(signs if len(same) % 2 else "")

    def _read_emoji(self, match: re.Match[str]) -> None:
        self._add_text(replace_emoji(match[0]))

    def _read_raised(self, match: re.Match[str]) -> None:
        before = self._body[match.start() - 1]
        self._add_text(match[2] if before.isalnum() or before in ")]*_" else match[0])

    def _read_block_name(self, match: re.Match[str]) -> None:
        self._add_text("" if self._body[match.start() - 1].isspace() else match[0])


_APART = frozenset(
    {*BLOCKS, *CONTAINERS, "h1", "h2", "h3", "h4", "h5", "h6", "hr", "br", "pre"}
    | {"table", "tr", "td", "th", "thead", "tbody", "tfoot"}
)
"""HTML elements that separate words."""

_WITH_CONTENT = frozenset({*SILENT, "pre", "img", "iframe", "embed", "video", "audio"})
"""HTML elements of which more is read than their names."""


def _normalize_label(label: str) -> str:
    return " ".join(label.split()).lower()


def _code_text_of(match: re.Match[str]) -> str:
    """Return the text that is shown of a tag or an entity within HTML's code."""
    if match[0][0] == "&":
        return clean_text(unescape(match[0]))
    return "\n" if match[0][:3].lower() == "<br" else ""


def _count_indent(line: str) -> int:
    wide = line.expandtabs(4)
    return len(wide) - len(wide.lstrip(" "))
