"""Attribute lists: what Kramdown, mkdocs, Pandoc and Hugo let a writer say of how text is styled.

`{: .note #top}` behind a paragraph or a link, `{#top}` behind a heading, `{.button}` right behind
a link: names for a style sheet, which a reader never sees. In code they are code.
"""

from __future__ import annotations

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import Run, text_of

_ATTRIBUTE = (
    r"(?:[.#][\w-]{1,80}|[A-Za-z][\w-]{0,40}=(?:\"[^\"]{0,300}\"|'[^']{0,300}'|[\w%.-]{1,40}))"
)
_LIST = rf"\s*{_ATTRIBUTE}(?:\s+{_ATTRIBUTE}){{0,20}}\s*"
_MARKED = LazyPattern(rf" ?\{{:{_LIST}\}}")
_BARE_AT_END = LazyPattern(rf"\s*\{{{_LIST}\}}\Z")
_BARE_AT_START = LazyPattern(rf"\{{{_LIST}\}}")
_CONTENTS = LazyPattern(r"(?:.{0,80} )?\{:\s*toc\s*\}\Z")

CONTENTS = frozenset({"[toc]", "_toc_"})
"""Paragraphs in whose place a site's maker puts a table of contents; the last is `[[_TOC_]]`."""


def without_attributes(runs: list[Run], *, is_title: bool) -> list[Run]:
    """A block's text without attribute lists; nothing where it held nothing else.

    Args:
        runs: the text.
        is_title: whether it is a heading, behind which a list needs no colon.
    """
    if not any("{" in run.text for run in runs):
        return runs
    kept: list[Run] = []
    for run in runs:
        text = run.text
        if "{" in text and not run.ink.code:
            if kept and (kept[-1].ink.link or kept[-1].ink.dim):
                # Right behind a link or a picture.
                text = _BARE_AT_START.sub("", text, count=1) if text[0] == "{" else text
            text = _MARKED.sub("", text)
        if text:
            kept.append(Run(text, run.ink))
    if is_title and kept and not kept[-1].ink.code:
        text = _BARE_AT_END.sub("", kept[-1].text)
        kept[-1:] = [Run(text, kept[-1].ink)] if text else []
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[0] = Run(kept[0].text.lstrip(), kept[0].ink)
        kept[-1] = Run(kept[-1].text.rstrip(), kept[-1].ink)
    return kept


def is_contents(runs: list[Run]) -> bool:
    """Whether a paragraph only says where a table of contents goes."""
    if any(run.ink.code for run in runs):
        return False
    text = text_of(runs).strip()
    return text.lower() in CONTENTS or ("toc" in text and bool(_CONTENTS.match(text)))
