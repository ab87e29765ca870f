"""What is done to the Markdown of an article before it is parsed, for its page or for its words."""

from __future__ import annotations

import re

from rilo_reader.render.dialects.inline import without_comments
from rilo_reader.render.dialects.templates import Templates, without_templates

_EMBEDDED = r"data:[\w/+.;=-]{0,200},?[A-Za-z0-9+/=%]{100,}"


def prepared(body: str, *, in_vault: bool) -> tuple[str, Templates]:
    """Return a body with marks in place of its template tags, and the tags.

    Comments of Obsidian and embedded files are left out.
    """
    body, templates = without_templates(body)
    if "data:" in body:
        body = re.sub(_EMBEDDED, "data:,", body)
    return without_comments(body, in_vault=in_vault), templates
