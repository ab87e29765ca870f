"""Markdown beyond CommonMark and GFM, as used by site generators and note-taking programs.

Most articles need none of it, so each rule looks at a sign or two before it reads.
"""

from __future__ import annotations

from markdown_it import MarkdownIt

from rilo_reader.render.dialects import admonitions, inline
from rilo_reader.render.dialects.admonitions import is_myst
from rilo_reader.render.dialects.inline import without_comments
from rilo_reader.render.dialects.templates import without_templates

__all__ = ["add_to", "is_myst", "without_comments", "without_templates"]


def add_to(parser: MarkdownIt) -> None:
    """Add the rules of all dialects to a parser."""
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "box", admonitions.box, {"alt": ends})
    parser.block.ruler.before("fence", "unseen", admonitions.unseen)
    parser.block.ruler.before("fence", "formula", inline.formula, {"alt": ends})
    parser.inline.ruler.push("span", inline.span)
    parser.inline.ruler.push("raised", inline.raised)
    parser.inline.ruler.push("role", inline.read_role)
    parser.inline.ruler.push("attributes", inline.skip_attributes)
