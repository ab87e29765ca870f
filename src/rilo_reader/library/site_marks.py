"""What site generators leave in Markdown, taken out of a piece of it that becomes one line (pure).

A piece begins and ends anywhere, so this goes by single lines and tags; what `render` makes of a
whole article is alike, but exact.
"""

from __future__ import annotations

import re

from rilo_reader.text import LazyPattern

_LINE = LazyPattern(
    r"^[ \t]*(?:"
    r"(?:!!!|\?\?\?\+?) [\w-]{1,40}(?: +[\w-]{1,40}){0,9}(?: +\"(?P<title>[^\n]{0,300})\")?"
    r"|={3}[!+]{0,2} +\"(?P<tab>[^\n]{1,300})\""
    r"|:{3,}(?:[ \t]*(?:\{[^{}\n]{0,200}\}|[A-Za-z][\w-]{0,40})(?P<rest>[^\n]{0,300}))?"
    r"|/{3,}(?:[ \t]*[A-Za-z][\w-]{0,40}(?:[ \t]*\|(?P<block>[^\n]{0,300}))?)?"
    r"|(?:`{3,}|~{3,})\{[A-Za-z][\w:-]{0,40}\}(?P<argument>[^\n]{0,300})"
    r"|\([\w .:/+-]{1,100}\)="
    r"|:(?:class|name|alt|width|align|open|maxdepth|hidden|widths|header-rows):[^\n]{0,300}"
    r"|\[(?:toc|\[_?toc_?\])\]"
    r")[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_ROLE = LazyPattern(r"\{[A-Za-z][\w:.+-]{1,60}\}`([^`<\n]{1,300}?)\s{0,9}(?:<[^<>`\n]{1,300}>)?`")
_SITE_TAG = LazyPattern(
    r"\{\{[<%] {0,9}/? {0,9}[A-Za-z][\w./-]{0,80} {0,9}/?[>%]\}\}"
    r"|\{%-? {0,9}(?:(?:end)?raw|end|endhighlight|(?:highlight|assign) [^{}%\n]{1,300}) {0,9}-?%\}"
    r"|\{%-? {0,9}[a-z_]\w{0,40}\([^{}%\n]{0,500}\) {0,9}-?%\}"
    r"|\{::comment\}.{0,2000}?\{:/(?:comment)?\}|\{::(?:nomarkdown|options [^{}\n]{0,300}/)\}"
    r"|\{:/(?:nomarkdown)?\}",
    re.DOTALL,
)
_SIGNS = ("!!! ", "???", '=== "', ":::", "///", "`{", ")=\n", "toc]", "TOC]")


def without_site_marks(markdown: str) -> str:
    """A piece of Markdown without the marks of site generators; their words and titles stay."""
    if any(sign in markdown for sign in _SIGNS):
        markdown = _LINE.sub(_words, markdown)
    if "}`" in markdown:
        markdown = _ROLE.sub(r"\1", markdown)
    if "{{" in markdown or "{%" in markdown or "{:" in markdown:
        markdown = _SITE_TAG.sub(" ", markdown)
    return markdown


def _words(line: re.Match[str]) -> str:
    """The title in the head of a box."""
    words = next((words for words in line.groupdict().values() if words), "").strip()
    words = words.partition("{")[0].rstrip() if words.endswith("}") else words
    words = words.rstrip(":").rstrip() if words.endswith(":::") else words
    return words[1:-1] if words.startswith("[") and words.endswith("]") else words
