"""Pages of Nuxt Content: components of Vue, their slots, their properties that are words (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rilo_reader.dialects import USUAL, Dialect, ReadFile
from rilo_reader.text import clean_line, lazy_re

DEPTH_LIMIT, MARGIN_LIMIT, PROPERTIES_LIMIT = 20, 24, 200  # nested, characters, lines

_OPENING = lazy_re(
    r"([ \t]{0,24})(?P<colons>:{2,20})(?:u-|prose-)?(?P<name>[A-Za-z][\w-]{0,60})"
    r"(?:\[(?P<words>[^\[\]]*)\])?(?:\{(?P<said>.*)\})?[ \t]*\Z"
)
_CLOSING = lazy_re(r"[ \t]*(:{2,20})[ \t]*\Z")
_SLOT = lazy_re(r"[ \t]*#[A-Za-z][\w-]*(?:\{[^{}]*\})?[ \t]*\Z")
_FENCE = lazy_re(r"([ \t]*(?:[-*+][ \t]+)*)(`{3,}|~{3,})(?:[^`\[]*\[([^`]{1,200})\](?=[ {]|\Z))?")
_INLINE = lazy_re(
    r"(?P<code>(?<!`)(`++)[^`\n]+\2)|(?<=\])\{\.(?P<style>[^{}\n]{1,300})\}"
    r"|(?P<bold>(?<=\*\*)\{[.#\w][^{}\n]{1,300}\})|(?<![\w:/\\])(?::br\b|:(?P<name>[a-z][\w-]{0,60})(?=[\[{])"
    r"(?:\[(?P<words>[^\[\]\n]{1,500})\])?(?:\{(?P<said>[^{}\n]{0,500})\})?)"
)
_ATTRIBUTE = lazy_re(r"""(?<![\w:-])([a-z][\w-]*)=(?:"([^"]*)"|'([^']*)')""")
_PROPERTIES = lazy_re(r"[ \t]*---[ \t]*\n(.*?)^[ \t]*---[ \t]*$", re.M | re.S)
_PROPERTY = lazy_re(
    r"^[ \t]*(?:-[ \t]+)*([A-Za-z][\w-]*):([^\n]*(?:\n(?![ \t]*(?:-[ \t]|[\w-]+:))[^\n]*)*)", re.M
)
_WORDS = {"label", "title", "headline", "description", "text", "caption", "alt", "value"}
_CALLOUTS = {"note", "tip", "info", "warning", "caution", "danger", "important", "error", "success"}


class NuxtContent(Dialect):
    """Pages of Nuxt Content."""

    forms = USUAL._replace(boxes=False, includes=False, mdx=False, roles=False, wiki=False)

    def title(self, path: str) -> str:
        """Return the title in a name, or in that of the folder of `index.md`, without its order."""
        name = re.sub(r"(\A|/)\d+\.", r"\1", path.rpartition(".")[0]).removesuffix("/index")
        return clean_line(re.sub("[-_]+", " ", name.rpartition("/")[2])).capitalize()

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a page as Markdown: callouts as quotations, of other components what they hold."""
        return "\n".join(_iter_lines(body.split("\n")))


DIALECT = NuxtContent()


def _iter_lines(lines: list[str]) -> Iterator[str]:
    within, fence, number = [(0, 0, "")], "", -1  # colons, blanks to be stripped, what is instead
    while (number := number + 1) < len(lines):
        (_, strip, margin), line = within[-1], lines[number]
        line = line[min(strip, len(line) - len(line.lstrip(" \t"))) :]
        if fence:
            fence = "" if re.fullmatch(rf"[ \t]*{fence}[`~]*[ \t]*", line) else fence
            yield margin + line
        elif code := _FENCE.match(line):
            fence = code[2]
            yield (f"{margin}{code[1]}`{code[3]}`\n{margin}\n" if code[3] else "") + margin + line
        elif len(within) < DEPTH_LIMIT and (opening := _OPENING.match(line)):
            name = opening["name"]
            sign = f"> [!{name.upper()}]" if name in _CALLOUTS else ""
            yield margin
            margin = (margin + opening[1] * (len(within) == 1) + sign[:2])[:MARGIN_LIMIT]
            within.append((len(opening["colons"]), strip + len(opening[1]), margin))
            yield margin + sign[2:]
            found = _PROPERTIES.match("\n".join(lines[number + 1 : number + PROPERTIES_LIMIT]))
            number += found[0].count("\n") + 1 if found else 0
            said = _ATTRIBUTE.findall(opening["said"] or "")
            said += _PROPERTY.findall(found[1]) if found else []
            for words in _list_words(name, opening["words"], said):
                yield f"{margin}{words}\n{margin}"
        elif (end := _CLOSING.match(line)) and len(end[1]) in [colons for colons, *_ in within]:
            while within.pop()[0] != len(end[1]):
                pass
            yield within[-1][2]
        else:
            is_slot = within[1:] and _SLOT.match(line)
            yield margin + ("" if is_slot else _INLINE.sub(_replace_inline, line))


def _list_words(name: str, words: str | None, said: list[tuple[str, ...]]) -> list[str]:
    """The words and the picture of a component's properties, the first as its link."""
    found = [(key, clean_line("".join(value)).strip("|>\"' ")) for key, *value in said]
    texts = [*filter(None, [words, *(value for key, value in found if key in _WORDS)])]
    for key, address in dict(found).items():
        if (key in ("to", "href") and texts) or key == "src":
            sign = "!" if key == "src" and name != "video" else ""
            texts[:1] = [f"{sign}[{texts[0] if texts else address}](<{address}>)"]
    return texts


def _replace_inline(match: re.Match[str]) -> str:
    if not match["name"]:
        return match["code"] or ("{.a}" if match["style"] else "" if match["bold"] else "<br>")
    said = _ATTRIBUTE.findall(match["said"] or "")
    return " ".join(_list_words(match["name"], match["words"], said))
