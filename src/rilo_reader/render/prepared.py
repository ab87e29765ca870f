"""What is done to the Markdown of an article before it is parsed, for its page or for its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rilo_reader.render.dialects.inline import without_comments
from rilo_reader.render.dialects.template_marks import Templates

if TYPE_CHECKING:
    from rilo_reader.render.dialects.template_forms import Meaning

_EMBEDDED = r"data:[\w/+.;=-]{0,200},?[A-Za-z0-9+/=%]{100,}"


def prepared(body: str, *, in_vault: bool) -> tuple[str, Templates]:
    """Return a body with marks in place of its template tags, and the tags.

    Comments of Obsidian and embedded files are left out.
    """
    found: Sequence[tuple[str, Meaning]] = ()
    # Single characters are found ten times as fast, and most texts have no brace.
    if "{" in body and ("{{" in body or "{%" in body or "{::" in body or "#}" in body):
        from rilo_reader.render.dialects.templates import marked

        body, found = marked(body)
    if "data:" in body:
        body = re.sub(_EMBEDDED, "data:,", body)
    return without_comments(body, in_vault=in_vault), Templates(found)
